import { z } from 'zod';
import { CREDENTIALS_REMEDY } from './credentials';
import type { Credentials, CredentialSource } from './credentials';
import { RegistryRefused, RegistryUnavailable } from './errors';

/** Answers to a registry that asks who is there: Basic, or a token of the server that it names. Rule: distribution, docs/spec/auth/token.md; RFC 7235. */
export interface Authorization {
  /** The header that was good for this repository before. */
  known(repository: string): string | undefined;
  /** The header for a challenge (`WWW-Authenticate`); undefined where it asks for nothing that is known here. Throws `RegistryRefused` and `RegistryUnavailable`. */
  answer(challenge: string, repository: string): Promise<string | undefined>;
}

const SECONDS = 30;
const TOKEN = z.object({ token: z.string().min(1).optional(), access_token: z.string().min(1).optional() });

export function createAuthorization(deps: { readonly base: string; readonly credentials: CredentialSource }): Authorization {
  const { base } = deps;
  const { host } = new URL(base);
  const headers = new Map<string, string>();
  /** All that was ever asked for: reading and writing by turns do not take each other's token away. */
  const scopes = new Map<string, Set<string>>();

  const refuse = (what: string) => new RegistryRefused(`registry ${host}: ${what}`);

  const bearer = async (parameters: Readonly<Record<string, string>>, repository: string): Promise<string> => {
    const realm = realmOf(parameters['realm'], base);
    if (!realm) throw refuse(`it asks for a token of ${JSON.stringify(parameters['realm'] ?? '')}, which is no https address`);
    const wanted = scopes.get(repository) ?? new Set();
    scopes.set(repository, wanted.add(parameters['scope'] ?? `repository:${repository}:pull`));
    if (parameters['service'] !== undefined) realm.searchParams.set('service', parameters['service']);
    for (const scope of wanted) realm.searchParams.append('scope', scope);
    const credentials = await deps.credentials(host);
    return `Bearer ${await fetchToken(realm, credentials, host)}`;
  };

  return {
    known: (repository) => headers.get(repository),
    async answer(challenge, repository) {
      const asked = challengesOf(challenge);
      const token = asked.find(({ scheme }) => scheme === 'bearer');
      if (token) {
        const header = await bearer(token.parameters, repository);
        headers.set(repository, header);
        return header;
      }
      if (!asked.some(({ scheme }) => scheme === 'basic')) return undefined;
      const credentials = await deps.credentials(host);
      if (!credentials) throw refuse(`it asks for credentials, and there are none: ${CREDENTIALS_REMEDY}`);
      headers.set(repository, basic(credentials));
      return basic(credentials);
    },
  };
}

async function fetchToken(realm: URL, credentials: Credentials | undefined, host: string): Promise<string> {
  const where = `the token server ${realm.origin}${realm.pathname} of registry ${host}`;
  const headers = credentials ? { authorization: basic(credentials) } : {};
  const answer = await fetch(realm, { headers, signal: AbortSignal.timeout(SECONDS * 1000) }).catch((error: unknown) => {
    throw new RegistryUnavailable(`${where} does not answer`, error);
  });
  const text = await answer.text().catch(() => '');
  if (answer.status >= 500 || answer.status === 429 || answer.status === 408)
    throw new RegistryUnavailable(`${where} answered ${answer.status}`);
  if (!answer.ok) {
    const who = credentials ? 'the credentials' : 'a request without credentials';
    throw new RegistryRefused(`${where} answered ${answer.status} to ${who}: ${CREDENTIALS_REMEDY}`);
  }
  const parsed = TOKEN.safeParse(jsonOf(text));
  const token = parsed.data?.token ?? parsed.data?.access_token;
  if (token === undefined) throw new RegistryRefused(`${where} answered no token`);
  return token;
}

/** Where credentials may be sent: nowhere in the open, unless the registry itself speaks so. */
function realmOf(text: string | undefined, base: string): URL | undefined {
  if (!text || !URL.canParse(text)) return undefined;
  const realm = new URL(text);
  return realm.protocol === 'https:' || (realm.protocol === 'http:' && base.startsWith('http:')) ? realm : undefined;
}

/** The challenges of a header, which may hold several: `Bearer realm="…",service="…"`. */
function challengesOf(header: string): readonly { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> }[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [, name, quoted, bare, scheme] of header.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)/g)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    else if (challenges.length > 0) challenges.at(-1)!.parameters[name!.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare!;
  }
  return challenges;
}

function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
