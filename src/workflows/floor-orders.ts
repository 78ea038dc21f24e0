import type { Message } from '../activities/contract';
import type { FloorCommand } from '../domain/floor/floor';
import type { FloorInput } from './messages';
import { hintMessage } from './start';

/** What serves many causes at once need not name them all: one of them is enough for the floor to know its order by. */
const ROOTS = 20;

/** A command as it is kept until it is carried out. */
export function brief(command: FloorCommand): FloorCommand {
  return command.kind === 'start' ? { ...command, roots: command.roots.slice(0, ROOTS) } : command;
}

/** An order as its package hears it: one hint, one cause, whatever causes of the floor it serves. */
export function orderMessage(input: FloorInput, order: Extract<FloorCommand, { kind: 'start' }>, at: number): Message {
  const { distribution, architectures, reminders, settings } = input;
  const { id, text } = order;
  const { roots } = order;
  const cause = { id, kind: 'rebuild', text, at: new Date(at).toISOString(), roots } as const;
  return hintMessage({ distribution, architectures, reminders, floor: settings }, order.package, { id, cause });
}
