/** Bytes as people read them, in kB of 1,000 bytes, as registries count; with a sign where `signed`. */
export function sizeText(bytes: number, signed = false): string {
  const sign = bytes < 0 ? '-' : signed && bytes > 0 ? '+' : '';
  const size = Math.abs(bytes);
  if (size < 1000) return `${sign}${size} B`;
  if (size < 999_500) return `${sign}${(size / 1000).toFixed(size < 99_950 ? 1 : 0)} kB`;
  return `${sign}${(size / 1_000_000).toFixed(1)} MB`;
}
