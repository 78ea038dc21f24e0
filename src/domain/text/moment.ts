/** An ISO 8601 instant as people read it: `2026-01-31 14:05 UTC`. What is no such instant is returned as it is. */
export function moment(instant: string): string {
  return instant.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)\S*Z$/, '$1 $2 UTC');
}
