"""Addresses of the product: the dashboard, the fan's side, the health checks."""

from __future__ import annotations

from django.urls import path

from campaigns import health
from campaigns.dashboard.views import (
    campaign,
    campaigns,
    form,
    found_links,
    history,
    labels,
    members,
    more,
    night,
    numbers,
    pages,
    preview,
    report,
    share,
    webhook,
)
from campaigns.dashboard.views import clip as clip_form
from campaigns.fan.views import (
    artist,
    calendar,
    check,
    clip,
    consent,
    landing,
    legal,
    picture,
    receipt,
    transparency,
    visit,
)

urlpatterns = [
    path("", landing.home, name="home"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.measured, name="metrics"),
    path("privacy", legal.privacy, name="privacy"),
    path("terms", legal.terms, name="terms"),
    path("transparency", transparency.page, name="transparency"),
    path("transparency.json", transparency.data, name="transparency-json"),
    path("check", check.page, name="check"),
    path(".well-known/presave.json", check.statement, name="statement"),
    path(".well-known/security.txt", legal.security_txt, name="security-txt"),
    path("callback", consent.callback, name="fan-callback"),
    path("receipt/<slug:token>", receipt.receipt, name="fan-receipt"),
    path("receipt/<slug:token>/cancel", receipt.cancel, name="fan-cancel"),
    path(
        "receipt/<slug:token>/calendar.ics",
        calendar.receipt_calendar,
        name="fan-receipt-calendar",
    ),
    path("report/<str:token>", report.shared, name="report"),
    path("report/<str:token>/report.csv", report.shared_csv, name="report-csv"),
    path("report/<str:token>/report.json", report.shared_json, name="report-json"),
    path("artwork/<str:name>/<str:file>", landing.artwork, name="artwork"),
    path("clips/<str:name>.mp3", clip.clip, name="clip"),
    path("dashboard", campaigns.campaign_list, name="dashboard"),
    path("dashboard/label", labels.label_create, name="dashboard-label-create"),
    path("dashboard/labels/<uuid:label_id>", labels.label_detail, name="dashboard-label"),
    path(
        "dashboard/labels/<uuid:label_id>/artists/<int:artist_id>/remove",
        labels.artist_remove,
        name="dashboard-artist-remove",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/pages/new",
        pages.create,
        name="dashboard-artist-page-create",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/pages/<int:page_id>/switch",
        pages.switch,
        name="dashboard-artist-page-switch",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/notifications",
        webhook.notifications,
        name="dashboard-notifications",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/notifications/<int:webhook_id>/test",
        webhook.test,
        name="dashboard-webhook-test",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/notifications/<int:webhook_id>/remove",
        webhook.remove,
        name="dashboard-webhook-remove",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/history",
        history.label_history,
        name="dashboard-label-history",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/rename",
        labels.label_rename,
        name="dashboard-label-rename",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/leave", members.label_leave, name="dashboard-label-leave"
    ),
    path(
        "dashboard/labels/<uuid:label_id>/invite",
        members.label_invite,
        name="dashboard-label-invite",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/invitations/<int:invitation_id>/withdraw",
        members.invitation_withdraw,
        name="dashboard-invitation-withdraw",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/members/<int:member_id>/role",
        members.member_role,
        name="dashboard-member-role",
    ),
    path(
        "dashboard/labels/<uuid:label_id>/members/<int:member_id>/remove",
        members.member_remove,
        name="dashboard-member-remove",
    ),
    path("dashboard/invitations/<str:token>", members.invitation, name="dashboard-invitation"),
    path("dashboard/new", form.campaign_create, name="dashboard-campaign-create"),
    path("dashboard/cover/<str:sealed>", form.cover, name="dashboard-cover"),
    path("dashboard/preview", preview.of_form, name="dashboard-preview"),
    path("dashboard/uploads/<str:sealed>", form.upload, name="dashboard-upload"),
    path("dashboard/campaigns/<slug:slug>", campaign.campaign_detail, name="dashboard-campaign"),
    path(
        "dashboard/campaigns/<slug:slug>/night",
        night.campaign_night,
        name="dashboard-campaign-night",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/numbers",
        numbers.campaign_numbers,
        name="dashboard-campaign-numbers",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/numbers.csv",
        numbers.numbers_csv,
        name="dashboard-campaign-numbers-csv",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/numbers.json",
        numbers.numbers_json,
        name="dashboard-campaign-numbers-json",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/sources",
        numbers.campaign_sources,
        name="dashboard-campaign-sources",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/edit",
        form.campaign_edit,
        name="dashboard-campaign-edit",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/links",
        form.campaign_links,
        name="dashboard-campaign-links",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/links/find",
        found_links.find_links,
        name="dashboard-campaign-find-links",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/clip",
        clip_form.campaign_clip,
        name="dashboard-campaign-clip",
    ),
    path("dashboard/campaigns/<slug:slug>/share", share.share, name="dashboard-campaign-share"),
    path(
        "dashboard/campaigns/<slug:slug>/share/qr.svg",
        share.qr_svg,
        name="dashboard-campaign-qr-svg",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/share/qr.png",
        share.qr_png,
        name="dashboard-campaign-qr-png",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/share/story.jpg",
        share.story_picture,
        name="dashboard-campaign-story",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/open",
        campaign.campaign_open,
        name="dashboard-campaign-open",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/cancel",
        campaign.campaign_cancel,
        name="dashboard-campaign-cancel",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/accept",
        campaign.campaign_accept,
        name="dashboard-campaign-accept",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/choose",
        campaign.campaign_choose,
        name="dashboard-campaign-choose",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/resume",
        campaign.campaign_resume,
        name="dashboard-campaign-resume",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/report",
        report.campaign_report,
        name="dashboard-campaign-report",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/report.csv",
        report.campaign_csv,
        name="dashboard-campaign-report-csv",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/report.json",
        report.campaign_json,
        name="dashboard-campaign-report-json",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/report-link",
        report.share,
        name="dashboard-campaign-report-share",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/report-link/withdraw",
        report.take_back,
        name="dashboard-campaign-report-take-back",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/duplicate",
        more.campaign_duplicate,
        name="dashboard-campaign-duplicate",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/archive",
        more.campaign_archive,
        name="dashboard-campaign-archive",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/unarchive",
        more.campaign_unarchive,
        name="dashboard-campaign-unarchive",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/delete",
        more.campaign_delete,
        name="dashboard-campaign-delete",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/check",
        campaign.campaign_check,
        name="dashboard-campaign-check",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/preview",
        preview.link,
        name="dashboard-campaign-preview",
    ),
    path("preview/<str:token>", preview.of_team, name="preview"),
    path(
        "dashboard/campaigns/<slug:slug>/history",
        history.campaign_history,
        name="dashboard-campaign-history",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/label",
        labels.campaign_relabel,
        name="dashboard-campaign-relabel",
    ),
    path("@<slug:handle>", artist.page, name="artist-page"),
    path("@<slug:handle>/feed.atom", artist.feed, name="artist-feed"),
    path("@<slug:handle>/calendar.ics", artist.calendar, name="artist-calendar"),
    path("<slug:slug>", landing.landing, name="fan-landing"),
    path("<slug:slug>/go", consent.go, name="fan-go"),
    path("<slug:slug>/visit", visit.visit, name="fan-visit"),
    path("<slug:slug>/mine", receipt.mine, name="fan-mine"),
    path("<slug:slug>/calendar.ics", calendar.calendar, name="fan-calendar"),
    path("<slug:slug>/slip.jpg", picture.slip, name="fan-slip"),
    path("<slug:slug>/countdown", calendar.countdown, name="fan-countdown"),
]
