// npm's oidc-provider, with the pages for logins that it brings along. Each issuer is a
// provider of its own; a later command for the same issuer takes its place.
import { Provider } from 'oidc-provider';

import { serve } from './host.mjs';

const sites = new Map();

serve(sites, ({ issuer, people, configuration }) => {
  const provider = new Provider(issuer, {
    // Everybody logs in with their id and any password.
    findAccount: (ctx, id) => people[id] && {
      accountId: id,
      claims: () => ({ sub: id, ...people[id] }),
    },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['given_name', 'family_name'],
    },
    ...configuration,
  });
  sites.set(new URL(issuer).host, provider.callback());
});
