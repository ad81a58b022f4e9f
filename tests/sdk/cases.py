"""Every call about images of Cloudflare's SDK for Python, with its base URL pointed at tintype.

Prints what came of it as JSON: [{name, error}], where error is null when the case passed. `every call` fails where the SDK has a
call that no case makes. From the environment: BASE_URL, ACCOUNT, TOKEN; and PICTURES, a URL of pictures.
"""

import datetime
import json
import os
import traceback

import cloudflare
import httpx

BASE_URL, ACCOUNT, TOKEN = os.environ["BASE_URL"], os.environ["ACCOUNT"], os.environ["TOKEN"]
PICTURES = os.environ["PICTURES"]
OPTIONS = {"fit": "scale-down", "metadata": "none", "width": 1366, "height": 768}
client = cloudflare.Cloudflare(api_token=TOKEN, base_url=f"{BASE_URL}/client/v4", max_retries=0, timeout=30)
picture = httpx.get(f"{PICTURES}/logo.png").content

# Names of calls, as "v1.keys.list": those there are, and those that were made.
there, made = set(), set()


class Noted:
    """A resource that notes the calls."""

    def __init__(self, resource, path=""):
        self._resource, self._path = resource, path
        self._calls = {name for name, value in vars(type(resource)).items() if callable(value) and name[0] != "_"}
        there.update(f"{path}{name}" for name in self._calls)

    def __getattr__(self, name):
        value = getattr(self._resource, name)
        if name not in self._calls:
            return Noted(value, f"{self._path}{name}.")

        def call(*given, **named):
            made.add(f"{self._path}{name}")
            return value(*given, **named, account_id=ACCOUNT)

        return call


images = Noted(client.images)
v1, v2 = images.v1, images.v2


def equal(actual, expected):
    assert actual == expected, f"{actual!r}, expected {expected!r}"


def refuses(status, code, call):
    try:
        call()
    except cloudflare.APIStatusError as error:
        equal((error.status_code, error.errors[0].code), (status, code))
        return
    raise AssertionError(f"there is no error, expected {code}")


def upload(**more):
    return v1.create(file=("logo.png", picture, "image/png"), **more)


def create_get_edit_delete():
    image = upload(id="sdk/a b.png", metadata='{"kind":"logo"}', creator="me", require_signed_urls=False)
    equal((image.id, image.filename, image.creator), ("sdk/a b.png", "logo.png", "me"))
    equal((image.meta, image.require_signed_urls), ({"kind": "logo"}, False))
    assert image.variants[0].endswith("/sdk/a%20b.png/public") and image.uploaded.tzinfo, image
    equal(v1.get("sdk/a b.png"), image)
    edited = v1.edit("sdk/a b.png", metadata={"kind": "x", "n": {"m": 1}}, creator="you")
    equal((edited.id, edited.meta, edited.creator), (image.id, {"kind": "x", "n": {"m": 1}}, "you"))
    equal(v1.delete("sdk/a b.png"), {})
    refuses(404, 5404, lambda: v1.get("sdk/a b.png"))


def create_with_metadata_as_an_object():
    image = upload(metadata={"kind": "logo", "deep": {"er": "x"}}, require_signed_urls=True)
    equal((image.meta, image.require_signed_urls), ({"kind": "logo", "deep": {"er": "x"}}, True))
    v1.delete(image.id)


def create_by_url():
    image = v1.create(url=f"{PICTURES}/logo.png")
    equal(image.filename, "logo.png")
    v1.delete(image.id)


def errors():
    refuses(415, 5455, lambda: v1.create(file=("a.txt", b"no picture")))
    stranger = cloudflare.Cloudflare(api_token="wrong", base_url=f"{BASE_URL}/client/v4", max_retries=0)
    refuses(401, 10000, lambda: stranger.images.v1.stats.get(account_id=ACCOUNT))


def blobs():
    image = upload()
    blob = v1.blobs.get(image.id)
    equal((blob.headers["content-type"], blob.read()), ("image/png", picture))
    v1.delete(image.id)


def stats():
    before = v1.stats.get().count.current
    image = upload()
    count = v1.stats.get().count
    equal((count.current - before, count.allowed), (1, 10_000_000))
    v1.delete(image.id)


def keys():
    def names(answer):
        return [key.name for key in answer.keys]

    equal(names(v1.keys.list()), ["default"])
    equal(names(v1.keys.update("second")), ["default", "second"])
    equal(names(v1.keys.delete("second")), ["default"])


def variants():
    made = v1.variants.create(id="hero", options=OPTIONS, never_require_signed_urls=True).variant
    equal((made.id, made.options.width, made.options.fit), ("hero", 1366, "scale-down"))
    equal(v1.variants.get("hero").variant.never_require_signed_urls, True)
    assert v1.variants.list().variants.hero.id == "hero"
    edited = v1.variants.edit("hero", options={**OPTIONS, "width": 20}, never_require_signed_urls=False).variant
    equal((edited.options.width, edited.never_require_signed_urls), (20, False))
    refuses(409, 5409, lambda: v1.variants.create(id="hero", options=OPTIONS))
    equal(v1.variants.delete("hero"), {})
    refuses(404, 5401, lambda: v1.variants.get("hero"))


def lists():
    ids = []
    for number in range(3):
        ids.insert(0, upload(metadata=json.dumps({"number": number}), creator="lister").id)
    old = v1.list(creator="lister", page=1, per_page=10)
    equal([image["id"] for image in old.result.images], ids)
    # The SDK says that per_page is a float.
    first = v2.list(creator="lister", per_page=2.0, sort_order="desc")
    equal([image.id for image in first.images], ids[:2])
    second = v2.list(creator="lister", continuation_token=first.continuation_token)
    equal(([image.id for image in second.images], second.continuation_token), (ids[2:], None))
    equal(len(v2.list(creator="lister", meta={"number[gte:number]": "1"}).images), 2)
    for id in ids:
        v1.delete(id)


def direct_uploads():
    expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)
    announced = v2.direct_uploads.create(expiry=expiry, metadata='{"a":1}', creator="me")
    equal(v1.get(announced.id).draft, True)
    sent = httpx.post(announced.upload_url, files={"file": ("sent.png", picture, "image/png")})
    equal((sent.status_code, sent.json()["result"]["id"]), (200, announced.id))
    image = v1.get(announced.id)
    equal((image.meta, image.filename, image.creator), ({"a": 1}, "sent.png", "me"))
    v1.delete(announced.id)


def every_call():
    equal(sorted(there - made), [])
    assert len(made) >= 17, made


report = []
for case in (
    create_get_edit_delete,
    create_with_metadata_as_an_object,
    create_by_url,
    errors,
    blobs,
    stats,
    keys,
    variants,
    lists,
    direct_uploads,
    every_call,
):
    try:
        case()
        error = None
    except Exception:
        error = traceback.format_exc()
    report.append({"name": case.__name__, "error": error})
print(json.dumps(report))
