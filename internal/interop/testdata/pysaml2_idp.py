"""Debian's python3-pysaml2 as an identity provider: commands and their answers go over
standard input and output as with the Node opponents, and so does each answer to a
service provider. Its answers are made by the library, and tests post them."""

import base64
import json
import os
import sys
import tempfile
import time

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_EMAILADDRESS, NameID
from saml2.server import Server

PASSWORD = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": "idp"}

folder = tempfile.TemporaryDirectory()
providers = {}


def configured(given):
    """an identity provider's configuration as its documentation has it."""
    files = {}
    for name in ("key", "cert"):
        handle, files[name] = tempfile.mkstemp(dir=folder.name)
        with os.fdopen(handle, "w") as opened:
            opened.write(given[name])
    sso = given["issuer"] + "/sso"
    settings = {
        "entityid": given["issuer"] + "/metadata",
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [(sso + "/redirect", BINDING_HTTP_REDIRECT), (sso + "/post", BINDING_HTTP_POST)],
                },
                "policy": {"default": {"lifetime": {"minutes": 15}, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_EMAILADDRESS],
                "want_authn_requests_signed": given.get("want_signed", False),
            },
        },
        "key_file": files["key"],
        "cert_file": files["cert"],
        "xmlsec_binary": "/usr/bin/xmlsec1",
    }
    if "sp_metadata" in given:
        settings["metadata"] = {"inline": [given["sp_metadata"]]}
    return IdPConfig().load(settings)


def provide(given):
    config = configured(given)
    providers[given["issuer"]] = Server(config=config)
    return {"metadata": str(entity_descriptor(config))}


def answer(given):
    """what the identity provider posts for a person who has logged in there."""
    server = providers[given["issuer"]]
    request, asked = None, {"in_response_to": None, "destination": given["acs"], "sp_entity_id": given["sp"]}
    if given.get("request"):
        binding = BINDING_HTTP_POST if given.get("posted") else BINDING_HTTP_REDIRECT
        request = server.parse_authn_request(given["request"], binding)
        asked.update(
            in_response_to=request.message.id,
            destination=request.message.assertion_consumer_service_url,
            sp_entity_id=request.message.issuer.text,
        )
    person = given["person"]
    response = server.create_authn_response(
        given["attributes"],
        name_id=NameID(format=given["format"], text=person),
        userid=person,
        authn={**PASSWORD, "authn_instant": given.get("authn_instant", int(time.time()))},
        **asked,
        **given.get("how", {}),
    )
    return {
        "response": base64.b64encode(str(response).encode()).decode(),
        "force_authn": bool(request and request.message.force_authn == "true"),
    }


COMMANDS = {"provide": provide, "answer": answer}

out, sys.stdout = sys.stdout, sys.stderr
print("{}", file=out, flush=True)
for line in sys.stdin:
    try:
        command = json.loads(line)
        said = COMMANDS[command.pop("command")](command)
    except Exception as error:  # told to the test that asked, by name
        said = {"error": type(error).__name__ + ": " + str(error)}
    print(json.dumps(said), file=out, flush=True)
