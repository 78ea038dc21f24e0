import { fail, ok, type Result } from '../result';

/**
 * Evaluates an `if:` after its variables were replaced (melange `pkg/cond/parser.go`): quoted texts compared with `==` and `!=`, joined by `&&` and `||` of equal
 * precedence from left to right, with parentheses. There is no `!`. The error says where in the condition it stops being one.
 */
export function evaluateCondition(text: string): Result<boolean> {
  const state: State = { text, at: 0, depth: 0 };
  const value = expression(state);
  if (!value.ok) return value;
  skipSpace(state);
  return state.at < text.length ? unexpected(state, '&&, || or the end') : value;
}

interface State {
  readonly text: string;
  at: number;
  depth: number;
}

/** More than a person writes, less than what the stack bears. */
const DEEPEST = 100;

function expression(state: State): Result<boolean> {
  const first = atom(state);
  if (!first.ok) return first;
  let value = first.value;
  for (;;) {
    const operator = take(state, '&&') ?? take(state, '||');
    if (!operator) return ok(value);
    const next = atom(state);
    if (!next.ok) return next;
    value = operator === '&&' ? value && next.value : value || next.value;
  }
}

function atom(state: State): Result<boolean> {
  if (!take(state, '(')) return comparison(state);
  if (++state.depth > DEEPEST) return unexpected(state, `at most ${DEEPEST} parentheses`);
  const inner = expression(state);
  state.depth--;
  if (!inner.ok) return inner;
  return take(state, ')') ? inner : unexpected(state, ')');
}

function comparison(state: State): Result<boolean> {
  const left = quoted(state);
  if (!left.ok) return left;
  const operator = take(state, '==') ?? take(state, '!=');
  if (!operator) return unexpected(state, '== or !=');
  const right = quoted(state);
  if (!right.ok) return right;
  return ok((left.value === right.value) === (operator === '=='));
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', t: '\t' };

function quoted(state: State): Result<string> {
  const quote = take(state, '"') ?? take(state, "'");
  if (!quote) return unexpected(state, 'a quoted text or a variable');
  let value = '';
  for (; state.at < state.text.length; state.at++) {
    const character = state.text[state.at]!;
    if (character === quote) {
      state.at++;
      return ok(value);
    }
    const escaped = character === '\\' ? state.text[state.at + 1] : undefined;
    if (escaped === undefined) value += character;
    else {
      value += ESCAPES[escaped] ?? `\\${escaped}`;
      state.at++;
    }
  }
  return unexpected(state, `the closing ${quote}`);
}

function skipSpace(state: State): void {
  while (/[ \t\r\n]/.test(state.text[state.at] ?? '')) state.at++;
}

function take(state: State, symbol: string): string | undefined {
  skipSpace(state);
  if (!state.text.startsWith(symbol, state.at)) return undefined;
  state.at += symbol.length;
  return symbol;
}

function unexpected(state: State, wanted: string): { readonly ok: false; readonly error: { message: string; remedy: string } } {
  const found = state.at < state.text.length ? JSON.stringify(state.text.slice(state.at, state.at + 20)) : 'the end';
  return fail({ message: `no condition: ${found} at position ${state.at + 1} of ${state.text}`, remedy: `here should stand ${wanted}` });
}
