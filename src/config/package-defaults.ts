import type { Config } from './config';

/** What every package entity of this installation is started with. Only this: a webhook address has no place in histories. */
export function packageDefaults(config: Config) {
  const { distribution, architectures } = config;
  const { everySeconds, escalateAfterSeconds } = config.reminders;
  const { slots, debounceSeconds, cycleBudget, breaker } = config.floor;
  return {
    distribution,
    architectures,
    reminders: { everySeconds, escalateAfterSeconds },
    floor: { slots, debounceSeconds, cycleBudget, breaker },
  };
}
