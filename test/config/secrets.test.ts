import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config';
import { ensureSecret, webhookSecrets } from '../../src/config/secrets';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'millrace-secrets-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));
const config = () => ({ state }) as Config;

it('makes a secret once, for its owner alone', async () => {
  const file = await ensureSecret(config(), 'webhook');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const first = await webhookSecrets(config(), {});
  expect(first).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  await ensureSecret(config(), 'webhook');
  expect(await webhookSecrets(config(), {})).toEqual(first);
});

it('keeps two secrets live, the environment before the file', async () => {
  await ensureSecret(config(), 'webhook');
  writeFileSync(join(state, 'secrets/webhook.previous'), 'old\n', { mode: 0o600 });
  expect(await webhookSecrets(config(), { MILLRACE_WEBHOOK_SECRET: 'new' })).toEqual(['new', 'old']);
});

it('has none where none was made, and refuses one that others can read', async () => {
  expect(await webhookSecrets(config(), {})).toEqual([]);
  chmodSync(await ensureSecret(config(), 'webhook'), 0o644);
  await expect(webhookSecrets(config(), {})).rejects.toThrow(/can be read by others \(run: chmod 600/);
});
