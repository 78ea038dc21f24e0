import { createHash } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runCommand, SetupError } from './progress.mjs';

/** A closed network must not cost more than this for each download that is tried. */
const CONNECT_SECONDS = 3;
const ANSWER_SECONDS = 15;
const STALL_SECONDS = 30;

/** Whether a TCP connection to the address of `url` can be made at once. */
export function isReachable(url) {
  const { hostname, port, protocol } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) || (protocol === 'http:' ? 80 : 443) });
    const done = (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => done(false), CONNECT_SECONDS * 1000);
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Downloads a .tar.gz of the pinned digest and unpacks `member` of it into `folder`. */
export async function downloadMember({ url, sha256 }, member, folder, report) {
  const archive = join(folder, '.download.tar.gz');
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), ANSWER_SECONDS * 1000);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new SetupError(`${url} answers ${response.status}`);
    const body = Readable.fromWeb(response.body);
    let bytes = 0;
    body.on('data', (chunk) => {
      bytes += chunk.length;
      report(`${(bytes / 1e6).toFixed(0)} MB`);
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), STALL_SECONDS * 1000);
    });
    await pipeline(body, createWriteStream(archive));
  } finally {
    clearTimeout(timer);
  }
  const digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (digest !== sha256) throw new SetupError(`${url} has the digest ${digest}, not the pinned ${sha256}`);
  await runCommand('tar', ['-xzf', archive, '-C', folder, member]);
  await runCommand('rm', [archive]);
}
