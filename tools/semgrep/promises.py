"""What each rule of promises.yml finds (ruleid) and what it leaves alone (ok). Nothing runs this."""


def log(logger, presave, answer):
    # ruleid: log-names-a-secret
    logger.info("refreshed token=%s", presave.refresh_token)
    # ruleid: log-names-a-secret
    logger.warning("odd answer %s", answer.code)
    # ruleid: log-names-a-secret
    logger.error("refused %r", token)
    # ok: log-names-a-secret
    logger.info("saved campaign=%s status=%s", presave.campaign_id, answer.status_code_class)


def tell(token, campaign, status):
    if campaign:
        # ruleid: error-tells-a-secret
        raise ValueError(f"Spotify refused {token}.")
    if status:
        # ruleid: error-tells-a-secret
        raise ValueError(f"Spotify refused {token.reveal()}.")
    # ok: error-tells-a-secret
    raise ValueError(f"Spotify refused with {status}.")


# ruleid: task-takes-arguments
@shared_task
def save_fan(presave_id): ...


# ok: task-takes-arguments
@shared_task
def run_due_work(): ...


def ring():
    # ruleid: task-takes-arguments
    save_fan.apply_async(args=[1])
    # ok: task-takes-arguments
    run_due_work.apply_async(expires=2)


def ask(request):
    # ruleid: page-reads-who-asks
    address = request.META["REMOTE_ADDR"]
    # ruleid: page-reads-who-asks
    browser = request.headers.get("User-Agent", "")
    # ok: page-reads-who-asks
    return request.headers.get("Sec-Fetch-Site")


def keep(response):
    # ruleid: cookie-set-elsewhere
    response.set_cookie("seen", "1")
    # ok: cookie-set-elsewhere
    response.delete_cookie("seen")


def landing(request, slug):
    # ruleid: fan-has-a-session
    request.session["slug"] = slug
    # ok: fan-has-a-session
    return request.GET.get("src")


def campaign_page(user, slug):
    # ruleid: row-fetched-without-access
    campaign = Campaign.objects.get(slug=slug)
    # ruleid: row-fetched-without-access
    label = get_object_or_404(Label, id=campaign.label_id)
    # ok: row-fetched-without-access
    campaign = access.campaign_seen_by(user, slug)
    # ok: row-fetched-without-access
    return forms.ModelChoiceField(Label.objects.none())


# ruleid: form-without-csrf
@csrf_exempt
def cancel_campaign(request): ...


# ok: form-without-csrf
@require_POST
def resume_campaign(request): ...


def compare(given, token, receipt):
    # ruleid: secret-compared-in-pieces
    if given.token == token:
        return True
    # ruleid: secret-compared-in-pieces
    if token.reveal() != receipt:
        return False
    # ok: secret-compared-in-pieces
    if token == "":
        return False
    # ok: secret-compared-in-pieces
    return constant_time_compare(given.token, token)


async def call(session, address, permission):
    # ruleid: call-follows-redirects
    await session.put(address, headers=permission)
    # ruleid: call-follows-redirects
    await self._session.request("PUT", address, allow_redirects=True)
    # ok: call-follows-redirects
    await session.put(address, headers=permission, allow_redirects=False)


def connect(context):
    # ruleid: certificate-not-checked
    connector = aiohttp.TCPConnector(ssl=False)
    # ruleid: certificate-not-checked
    context.check_hostname = False
    # ok: certificate-not-checked
    return aiohttp.TCPConnector(ssl=context)


def due(campaign):
    # ruleid: engine-reads-this-machines-clock
    now = timezone.now()
    # ok: engine-reads-this-machines-clock
    now = database_now()
    return campaign.release_at <= now


def write(path, key):
    # ruleid: key-file-touched-plainly
    path.write_bytes(key)
    # ruleid: key-file-touched-plainly
    path.unlink()
    # ok: key-file-touched-plainly
    durable.destroy(path)
    # ok: key-file-touched-plainly
    return path.read_bytes()
