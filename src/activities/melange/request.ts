import { infrastructure } from './infrastructure';

const SECONDS = 120;

/** What a repository answers to a GET; its body too must come within two minutes. Throws the retryable `Infrastructure` where it cannot be reached, or answers neither what was asked for nor, to a conditional request, that it is unchanged. */
export async function request(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(SECONDS * 1000) }).catch((error: unknown) => {
    throw infrastructure(
      `${url} cannot be reached: ${((error as Error).cause as Error | undefined)?.message ?? (error as Error).message}`,
      error,
    );
  });
  const unchanged = answer.status === 304 && Object.keys(headers).length > 0;
  if (!answer.ok && !unchanged) throw infrastructure(`${url} answered ${answer.status}`);
  return answer;
}
