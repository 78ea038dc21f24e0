import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { superviseChild, type Child, type ChildOptions } from '../../src/workers/child';

let folder: string;
let children: Child[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-child-'));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.stop(0)));
  rmSync(folder, { recursive: true, force: true });
});

const READY = 'console.log(JSON.stringify({ ready: "x" }));';
const STAYS = 'setInterval(() => {}, 1000);';

function supervise(code: string, options: Partial<ChildOptions> = {}): Child {
  const child = superviseChild({
    name: 'x',
    command: process.execPath,
    args: ['-e', code],
    logFile: join(folder, 'x.log'),
    pidFile: join(folder, 'x.pid'),
    readySeconds: 30,
    ...options,
  });
  children.push(child);
  return child;
}

const log = () => readFileSync(join(folder, 'x.log'), 'utf8');

it('is ready when it says so, has a pid file, and its output is in the log', async () => {
  const child = supervise(`console.log("hello"); console.error("oh"); ${READY} ${STAYS}`);
  await child.ready();
  expect(Number(readFileSync(join(folder, 'x.pid'), 'utf8'))).toBe(child.pid);
  expect(log()).toContain('hello\n');
  expect(log()).toContain('oh\n');
  expect(log()).not.toContain('ready');
});

it('is ready when the probe says so', async () => {
  let asked = 0;
  const child = supervise(STAYS, { probe: async () => void asked++ });
  await child.ready();
  expect(asked).toBe(1);
});

it('comes back after a crash as another process', async () => {
  const told: string[] = [];
  const child = supervise(`${READY} ${STAYS}`, { onRestart: (text) => told.push(text) });
  await child.ready();
  const first = child.pid;
  await child.kill('SIGKILL');
  expect(child.pid).toBeUndefined();
  while (child.pid === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  await child.ready();
  expect(child.pid).not.toBe(first);
  expect(told).toEqual([expect.stringMatching(/^x ended \(SIGKILL\), started again in 0\.5 s; its log: /)]);
});

it('is started anew at once when asked', async () => {
  const child = supervise(`${READY} ${STAYS}`);
  await child.ready();
  const first = child.pid;
  await child.restart();
  expect(child.pid).toBeDefined();
  expect(child.pid).not.toBe(first);
});

it('complains with its last words when it ends before it is ready', async () => {
  const child = supervise('console.error("the disk is gone"); process.exit(3);');
  await expect(child.ready()).rejects.toThrow(
    /^x ended before it was ready \(code 3\)\. It last said:\n {2}the disk is gone \(its whole log: /,
  );
});

it('complains when it takes too long', async () => {
  await expect(supervise(STAYS, { readySeconds: 0.2 }).ready()).rejects.toThrow(/^x was not ready after 0\.2 s/);
});

it('complains when there is no such program', async () => {
  await expect(supervise('', { command: '/nonexistent/program' }).ready()).rejects.toThrow(/failed to execute \/nonexistent\/program/);
});

it('is asked to stop, killed when it does not, and does not come back', async () => {
  const polite = supervise(`process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); ${READY} ${STAYS}`);
  await polite.ready();
  await polite.stop(30);
  expect(log()).toContain('bye\n');
  expect(polite.pid).toBeUndefined();
  expect(existsSync(join(folder, 'x.pid'))).toBe(false);
  const deaf = supervise(`process.on("SIGTERM", () => {}); ${READY} ${STAYS}`);
  await deaf.ready();
  await deaf.stop(0.1);
  expect(deaf.pid).toBeUndefined();
});
