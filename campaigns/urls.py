"""Addresses of the product: the dashboard, the fan's side, the health checks."""

from __future__ import annotations

from django.urls import path

from campaigns.views import dashboard, fan, health, legal, reminders, transparency

urlpatterns = [
    path("", fan.home, name="home"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("privacy", legal.privacy, name="privacy"),
    path("terms", legal.terms, name="terms"),
    path("transparency", transparency.page, name="transparency"),
    path("transparency.json", transparency.data, name="transparency-json"),
    path("callback", fan.callback, name="fan-callback"),
    path("receipt/<str:token>", fan.receipt, name="fan-receipt"),
    path("receipt/<str:token>/cancel", fan.cancel, name="fan-cancel"),
    path(
        "receipt/<str:token>/calendar.ics",
        reminders.receipt_calendar,
        name="fan-receipt-calendar",
    ),
    path("artwork/<str:name>/<str:file>", fan.artwork, name="artwork"),
    path("dashboard", dashboard.campaign_list, name="dashboard"),
    path("dashboard/label", dashboard.label_create, name="dashboard-label-create"),
    path("dashboard/new", dashboard.campaign_create, name="dashboard-campaign-create"),
    path("dashboard/campaigns/<slug:slug>", dashboard.campaign_detail, name="dashboard-campaign"),
    path(
        "dashboard/campaigns/<slug:slug>/edit",
        dashboard.campaign_edit,
        name="dashboard-campaign-edit",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/links",
        dashboard.campaign_links,
        name="dashboard-campaign-links",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/open",
        dashboard.campaign_open,
        name="dashboard-campaign-open",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/cancel",
        dashboard.campaign_cancel,
        name="dashboard-campaign-cancel",
    ),
    path(
        "dashboard/campaigns/<slug:slug>/resume",
        dashboard.campaign_resume,
        name="dashboard-campaign-resume",
    ),
    path("<slug:slug>", fan.landing, name="fan-landing"),
    path("<slug:slug>/go", fan.go, name="fan-go"),
    path("<slug:slug>/mine", fan.mine, name="fan-mine"),
    path("<slug:slug>/calendar.ics", reminders.calendar, name="fan-calendar"),
    path("<slug:slug>/countdown", reminders.countdown, name="fan-countdown"),
]
