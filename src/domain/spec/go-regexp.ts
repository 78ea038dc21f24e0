import { RE2JS } from 're2js';
import { fail, ok, type Result } from '../result';

/** A regular expression as Go's `regexp` package understands it: melange and the update rules of specs are written for that one. */
export interface GoRegexp {
  readonly pattern: string;
  readonly compiled: RE2JS;
}

/** Patterns that were compiled. Thousands of specs have the same hundred, and compiling them is a twentieth of reading a distribution. */
const compiledPatterns = new Map<string, Result<GoRegexp>>();
const COMPILED_AT_MOST = 500;

export function compileGoRegexp(pattern: string): Result<GoRegexp> {
  const known = compiledPatterns.get(pattern);
  if (known) return known;
  const made = compile(pattern);
  if (compiledPatterns.size >= COMPILED_AT_MOST) compiledPatterns.clear();
  compiledPatterns.set(pattern, made);
  return made;
}

function compile(pattern: string): Result<GoRegexp> {
  try {
    return ok({ pattern, compiled: RE2JS.compile(pattern) });
  } catch (error) {
    return fail({
      message: `${JSON.stringify(pattern)} is no regular expression of Go: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'see the syntax of RE2; it has no lookaround and no backreferences',
    });
  }
}

/** `MatchString`: whether the pattern occurs anywhere in the text. */
export function goMatches(regexp: GoRegexp, text: string): boolean {
  return regexp.compiled.matcher(text).find();
}

/** `ReplaceAllString`: every match replaced by the template, in which `$1_x` names the group `1_x` and an unknown group is empty. */
export function goReplaceAll(regexp: GoRegexp, text: string, template: string): string {
  const matcher = regexp.compiled.matcher(text);
  let output = '';
  let copied = 0;
  let lastEnd = -1;
  while (matcher.find()) {
    const start = matcher.start();
    // Go ignores an empty match that abuts the match before it.
    if (start === matcher.end() && start === lastEnd) continue;
    lastEnd = matcher.end();
    output += text.slice(copied, start) + expand(template, (name) => groupText(matcher, name));
    copied = lastEnd;
  }
  return output + text.slice(copied);
}

type Matcher = ReturnType<RE2JS['matcher']>;

function groupText(matcher: Matcher, name: string): string {
  if (/^(0|[1-9][0-9]*)$/.test(name)) {
    const index = Number(name);
    return index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '';
  }
  return matcher.getNamedGroups()[name] ?? '';
}

/** `Regexp.Expand`: `$name` takes the longest run of letters, digits and underscores; `$$` is a dollar; a malformed reference stays as it is. */
function expand(template: string, group: (name: string) => string): string {
  return template.replace(/\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (_reference, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    return name === undefined ? '$' : group(name);
  });
}
