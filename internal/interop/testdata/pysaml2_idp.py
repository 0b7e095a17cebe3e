"""Debian's python3-pysaml2 as an identity provider: commands and their answers go over
standard input and output as with the Node opponents, and so does each answer to a
service provider. Its answers are made by the library, and tests post them."""

import base64
import functools
import json
import os
import shutil
import sys
import tempfile
import time
import traceback

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, entity
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.sigver import pre_encryption_part, verify_redirect_signature

PASSWORD = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": "idp"}

BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}

folder = tempfile.TemporaryDirectory()
providers = {}


def written(text):
    """the name of a file that has this text."""
    handle, name = tempfile.mkstemp(dir=folder.name)
    with os.fdopen(handle, "w") as opened:
        opened.write(text)
    return name


def configured(given):
    """an identity provider's configuration as its documentation has it."""
    settings = {
        "entityid": given["entity_id"],
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": [(url, BINDINGS[binding]) for binding, url in given["endpoints"].items()]},
                "policy": {"default": {"lifetime": {"minutes": 15}, "name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_EMAILADDRESS],
                "want_authn_requests_signed": given["want_signed"],
            },
        },
        "key_file": written(given["key"]),
        "cert_file": written(given["cert"]),
        "additional_cert_files": [written(cert) for cert in given["more_certs"]],
        "metadata": {"inline": [given["sp_metadata"]]},
        "xmlsec_binary": shutil.which("xmlsec1"),
    }
    return IdPConfig().load(settings)


def provide(given):
    config = configured(given)
    providers[given["entity_id"]] = Server(config=config)
    return {"metadata": str(entity_descriptor(config))}


def signed(server, message, query):
    """whether a request has a signature of its sender, which is verified where it has one."""
    if "Signature" not in query:
        return message.signature is not None  # verified when it was read
    certs = server.metadata.certs(message.issuer.text, "spsso", "signing")
    if not any(verify_redirect_signature(query, server.sec.sec_backend, cert) for cert in certs):
        raise ValueError("the signature of the request is wrong")
    return True


def cipher(server, how):
    """encrypts by these algorithms from now on; by itself the library takes Triple DES."""
    server.sec.encrypt_assertion = server.sec.__class__.encrypt_assertion.__get__(server.sec)
    entity.pre_encryption_part = pre_encryption_part
    if how:
        key_type = how.pop("key_type")
        entity.pre_encryption_part = functools.partial(pre_encryption_part, **how)
        server.sec.encrypt_assertion = functools.partial(server.sec.encrypt_assertion, key_type=key_type)


def answer(given):
    """what the identity provider posts for a person who has logged in there."""
    server = providers[given["entity_id"]]
    asked = {"in_response_to": None, "destination": given["acs"], "sp_entity_id": given["sp"]}
    said = {}
    query = given["query"]
    if "SAMLRequest" in query:
        message = server.parse_authn_request(query["SAMLRequest"], BINDINGS[given["binding"]]).message
        asked = {
            "in_response_to": message.id,
            "destination": message.assertion_consumer_service_url,
            "sp_entity_id": message.issuer.text,
        }
        said = {
            "acs": message.assertion_consumer_service_url,
            "signed": signed(server, message, query),
            "force_authn": message.force_authn == "true",
        }
    asked.update(given["how"])
    cipher(server, asked.pop("cipher", None))
    response = server.create_authn_response(
        given["attributes"],
        name_id=NameID(format=given["format"], text=given["person"]),
        authn={**PASSWORD, "authn_instant": int(time.time()) - given["logged_in_ago"]},
        **asked,
    )
    return {**said, "response": base64.b64encode(str(response).encode()).decode()}


COMMANDS = {"provide": provide, "answer": answer}

out, sys.stdout = sys.stdout, sys.stderr
print("{}", file=out, flush=True)
for line in sys.stdin:
    try:
        command = json.loads(line)
        said = COMMANDS[command.pop("command")](command)
    except Exception:  # told to the test that asked
        said = {"error": traceback.format_exc()}
    print(json.dumps(said), file=out, flush=True)
