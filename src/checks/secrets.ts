import type { ChangedFile, Check } from './check';
import { count, fromProblems } from './check';

const LARGEST_FILE = 1024 * 1024;

/** Forms of credentials as their issuers publish them. */
const FORMS: readonly { readonly name: string; readonly form: RegExp }[] = [
  { name: 'private key', form: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/ },
  { name: 'AWS access key', form: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: 'GitHub token', form: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})/ },
  { name: 'GitLab token', form: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { name: 'Slack token', form: /\bxox[abeprs]-[A-Za-z0-9-]{10,}/ },
  { name: 'Slack webhook', form: /hooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]+/ },
  { name: 'Google API key', form: /\bAIza[0-9A-Za-z_-]{35}/ },
  { name: 'npm token', form: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: 'PyPI token', form: /\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}/ },
  { name: 'Stripe key', form: /\b[sr]k_live_[A-Za-z0-9]{16,}/ },
  { name: 'JSON web token', form: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/ },
];

const ASSIGNMENT =
  /(?:passw(?:or)?d|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s*(?::=|=>|[:=])\s*["']?([A-Za-z0-9+/_=.-]{20,})/i;

const MERGE_MARKER = /^\+?(?:<{7}|>{7}|\|{7}) \S/;

/** Bits per character by the frequencies of the text itself (Shannon). */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, times) => sum - (times / text.length) * Math.log2(times / text.length), 0);
}

/** Random text mixes digits into letters evenly; identifiers and paths in code do not. */
function looksRandom(value: string): boolean {
  const digits = value.replace(/[^0-9]/g, '').length;
  if (/^[0-9a-f]+$/i.test(value)) return value.length >= 32 && entropy(value) >= 3;
  return digits >= 3 && /[A-Za-z]/.test(value) && entropy(value) >= 3.8;
}

const shown = (text: string) => `${text.slice(0, 4)}… (${text.length} characters)`;

/** Lines of `after` that `before` has not, with their numbers. */
function addedLines(file: ChangedFile): readonly { readonly number: number; readonly text: string }[] {
  const old = new Map<string, number>();
  for (const line of file.before?.toString('utf8').split('\n') ?? []) old.set(line, (old.get(line) ?? 0) + 1);
  const lines = file.after?.toString('utf8').split('\n') ?? [];
  return lines
    .map((text, index) => ({ number: index + 1, text }))
    .filter(({ text }) => {
      const left = old.get(text) ?? 0;
      if (left > 0) old.set(text, left - 1);
      return left === 0;
    });
}

function problemsOfLine(place: string, text: string): readonly string[] {
  const known = FORMS.flatMap(({ name, form }) => {
    const match = form.exec(text);
    return match ? [`${place}: ${name}${name === 'private key' ? ' begins here' : `: ${shown(match[0])}`}`] : [];
  });
  if (known.length > 0) return known;
  if (MERGE_MARKER.test(text)) return [`${place}: merge marker ${text.trim().slice(0, 8)}`];
  const value = ASSIGNMENT.exec(text)?.[1];
  return value !== undefined && looksRandom(value) ? [`${place}: looks like a credential: ${shown(value)}`] : [];
}

function problemsOf(file: ChangedFile): readonly string[] {
  const bytes = file.after?.length ?? 0;
  const grown = bytes > LARGEST_FILE && bytes > (file.before?.length ?? 0);
  const large = grown ? [`${file.path}: ${bytes} bytes, more than ${LARGEST_FILE}: fetch it as a source instead`] : [];
  return [...large, ...addedLines(file).flatMap(({ number, text }) => problemsOfLine(`${file.path}:${number}`, text))];
}

/** No credential, no large file and no merge marker in what the change adds; values are never shown, for verdicts are public. */
export const secretsCheck: Check = {
  name: 'secrets',
  title: 'No secrets in the change',
  stage: 'change',
  revision: 1,
  reads: [],
  async run(context) {
    const changed = await context.changedFiles();
    const files = changed.length > 0 ? changed : (await context.packageFiles()).map(({ path, content }) => ({ path, after: content }));
    return fromProblems(files.flatMap(problemsOf), `nothing in ${count(files.length, changed.length > 0 ? 'changed file' : 'file')}`);
  },
};
