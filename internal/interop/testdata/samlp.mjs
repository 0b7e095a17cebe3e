// npm's samlp, which is middleware of an identity provider: who is logged in is up to
// what is around it, so here everybody is whom their request's query or the site says.
import samlp from 'samlp';

import { serve } from './host.mjs';

const sites = new Map();

// express gives what the middleware uses of requests and responses.
const like = (request, response, body) => {
  const url = new URL(request.url, `http://${request.headers.host}`);
  request.query = Object.fromEntries(url.searchParams);
  request.body = Object.fromEntries(new URLSearchParams(body));
  request.originalUrl = request.url;
  request.protocol = 'http';
  response.set = (name, value) => response.setHeader(name, value);
  response.send = (status, text) => {
    if (typeof status === 'number') {
      response.statusCode = status;
    }
    response.end(String(text ?? status));
  };
  return url.pathname;
};

const read = async (request) => {
  let body = '';
  for await (const part of request) {
    body += part;
  }
  return body;
};

const profile = (person) => ({
  id: person.id,
  emails: [{ value: person.email }],
  displayName: `${person.given_name} ${person.family_name}`,
  name: { givenName: person.given_name, familyName: person.family_name },
  ...person.more,
});

serve(sites, ({ issuer, acs, person, options }) => {
  const site = new URL(issuer);
  const failed = (response) => (error) => {
    response.statusCode = 500;
    response.end(`samlp failed: ${error?.stack ?? error}`);
  };
  sites.set(site.host, async (request, response) => {
    try {
      const path = like(request, response, await read(request));
      const next = failed(response);
      if (path.endsWith('/FederationMetadata.xml')) {
        samlp.metadata({
          issuer, cert: options.cert, redirectEndpointPath: '/samlp', postEndpointPath: '/samlp',
        })(request, response, next);
        return;
      }
      samlp.auth({
        issuer,
        getPostURL: (audience, dom, req, done) => done(null, acs),
        getUserFromRequest: () => profile(person),
        ...options,
      })(request, response, next);
    } catch (error) {
      failed(response)(error);
    }
  });
});
