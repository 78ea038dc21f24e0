import type { Connection } from '@temporalio/client';
import { SEARCH } from '../workflows/messages';

/** How the server names a type: on its command line and in its API (temporal.api.enums.v1.IndexedValueType). */
const TYPES: Readonly<Record<string, { readonly flag: string; readonly number: number }>> = {
  TEXT: { flag: 'Text', number: 1 },
  KEYWORD: { flag: 'Keyword', number: 2 },
  INT: { flag: 'Int', number: 3 },
  DOUBLE: { flag: 'Double', number: 4 },
  BOOL: { flag: 'Bool', number: 5 },
  DATETIME: { flag: 'Datetime', number: 6 },
  KEYWORD_LIST: { flag: 'KeywordList', number: 7 },
};

/** Arguments of `temporal server start-dev` that register every search attribute of Millrace. */
export function searchAttributeArguments(): readonly string[] {
  return Object.values(SEARCH).flatMap((key) => ['--search-attribute', `${key.name}=${TYPES[key.type]!.flag}`]);
}

/** Registers what a namespace lacks: an unregistered search attribute fails a workflow task for ever. */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<readonly string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH).filter((key) => !(key.name in (customAttributes ?? {})));
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((key) => [key.name, TYPES[key.type]!.number])),
  });
  return missing.map((key) => key.name);
}
