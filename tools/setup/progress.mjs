import { spawn } from 'node:child_process';

// Standard error: what a command prints for programs on standard output stays clean.
const out = process.stderr;
const QUIET_SECONDS = 2;
const REPEAT_SECONDS = out.isTTY ? 1 : 15;

export function say(text) {
  out.write(`${text}\n`);
}

/** A failure that a person can act on; shown without a stack trace. */
export class SetupError extends Error {}

/** Runs `work(report)` and shows `label` with the seconds and the last reported line once it takes longer than two seconds. */
export async function withProgress(label, work) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  let last = '';
  let shown = false;
  const show = () => {
    const detail = last ? `: ${last.slice(0, 100)}` : '';
    shown = true;
    out.write(
      out.isTTY
        ? `\r\x1b[2K  ${label}, ${seconds()} s${detail}`.slice(0, (out.columns ?? 80) + 4)
        : `  ${label}, ${seconds()} s${detail}\n`,
    );
  };
  let repeat;
  const first = setTimeout(() => {
    show();
    repeat = setInterval(show, REPEAT_SECONDS * 1000);
  }, QUIET_SECONDS * 1000);
  try {
    return await work((line) => {
      last = line.trim() || last;
    });
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
    if (shown) out.write(`${out.isTTY ? '\r\x1b[2K' : ''}  ${label}: ${seconds()} s\n`);
  }
}

/** Runs a command to its end; a failure throws SetupError with the last lines that it printed. */
export function runCommand(command, args, { cwd, env = process.env, report = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = [];
    const collect = (chunk) => {
      for (const line of chunk.toString('utf8').split('\n')) {
        if (!line.trim()) continue;
        report(line);
        lines.push(line);
        if (lines.length > 25) lines.shift();
      }
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => reject(new SetupError(`${command} does not start: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(
        new SetupError(
          `${[command, ...args].join(' ').slice(0, 160)} ended with ${signal ?? `code ${code}`}:\n    ${lines.join('\n    ')}`,
        ),
      );
    });
  });
}
