export function makeSharedFolder(
  folder: string,
  make: (partial: string) => Promise<void>,
  report?: (text: string) => void,
): Promise<boolean>;
export function withLock<T>(lock: string, report: (text: string) => void, work: () => Promise<T>): Promise<T>;
