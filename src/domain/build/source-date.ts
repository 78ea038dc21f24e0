/** 1980-01-01, the oldest time that zip archives know, and 2100-01-01: what lies outside was never a clock. */
const EARLIEST = 315532800;
const LATEST = 4102444800;

/** 2000-01-01, for a package without sources. */
const WITHOUT_SOURCES = 946684800;

/**
 * SOURCE_DATE_EPOCH of a build, in seconds: the newest modification time in its source archives, so it says when upstream last changed something,
 * and depends on nothing but the sources. Rule: reproducible-builds.org, "last modification of the source".
 */
export function sourceDateEpoch(modificationTimes: Iterable<number>): number {
  let newest = 0;
  for (const time of modificationTimes) if (time >= EARLIEST && time < LATEST && time > newest) newest = Math.floor(time);
  return newest || WITHOUT_SOURCES;
}
