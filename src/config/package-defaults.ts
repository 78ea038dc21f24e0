import type { Config } from './config';

/** What every package entity of this installation is started with. Only this: a webhook address has no place in histories. */
export function packageDefaults(config: Config) {
  const { everySeconds, escalateAfterSeconds } = config.reminders;
  return { distribution: config.distribution, architectures: config.architectures, reminders: { everySeconds, escalateAfterSeconds } };
}
