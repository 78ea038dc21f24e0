import { ApplicationFailure } from '@temporalio/common';
import type { ControlActivities } from '../contract';

export type Notification = Parameters<ControlActivities['notify']>[0];

export interface Notifier {
  /** POSTs the notification as JSON. Throws `ApplicationFailure` of type `NotifyUnreachable` (retried) or `NotifyRefused` (the webhook answers that it does not want this). */
  notify(notification: Notification): Promise<void>;
}

const TIMEOUT_SECONDS = 10;

/** Tells the one outgoing webhook; does nothing where none is set. Its address may be a secret (its path often is a token), so messages name only the host. */
export function createNotifier({
  webhook,
  timeoutSeconds = TIMEOUT_SECONDS,
}: {
  readonly webhook?: string;
  readonly timeoutSeconds?: number;
}): Notifier {
  return {
    async notify({ event, workflow, text, answer }) {
      if (webhook === undefined) return;
      const host = URL.canParse(webhook) ? new URL(webhook).host : 'of millrace.yaml';
      const body = JSON.stringify({ event, workflow, text, answer });
      const status = await post(webhook, body, timeoutSeconds).catch((error: unknown) => {
        throw failure('NotifyUnreachable', `the webhook ${host} cannot be reached: ${reasonOf(error)}`, false);
      });
      if (status >= 200 && status < 300) return;
      const passing = status >= 500 || status === 408 || status === 429;
      if (passing) throw failure('NotifyUnreachable', `the webhook ${host} answers ${status}`, false);
      throw failure('NotifyRefused', `the webhook ${host} answers ${status}: correct \`reminders.webhook\` in millrace.yaml`, true);
    },
  };
}

/** Does not follow redirects: what a webhook is told goes where millrace.yaml says. */
async function post(url: string, body: string, timeoutSeconds: number): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'millrace' },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  });
  await response.body?.cancel();
  return response.status;
}

/** Node's fetch says "fetch failed" and keeps the reason in the cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return 'no answer in time';
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
}

function failure(type: string, message: string, nonRetryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable });
}
