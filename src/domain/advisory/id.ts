/** Letters and digits of an advisory id: those that are not taken for others, and make no words (those of GHSA and CGA ids). */
const ALPHABET = '23456789cfghjmpqrvwx';
const LETTERS = 12;
/** Ids that only another distribution gives out. */
const FOREIGN_PREFIX = 'CGA';

const FORM = new RegExp(`^[A-Z][A-Z0-9]{1,9}(-[${ALPHABET}]{4}){3}$`);

/** `<PREFIX>-xxxx-xxxx-xxxx`, of this distribution or of another. */
export function isAdvisoryId(text: string): boolean {
  return FORM.test(text);
}

/** Whether a distribution may give out ids with this prefix: capital letters and digits, and not Chainguard's. */
export function isOwnPrefix(prefix: string): boolean {
  return /^[A-Z][A-Z0-9]{1,9}$/.test(prefix) && prefix !== FOREIGN_PREFIX;
}

/**
 * The id of an advisory, from what it is about: the same package and vulnerability give the same id, so a retry mints the one that it minted before.
 * `digest` is SHA-256 as hexadecimal text; `taken` answers whether another advisory has an id already.
 */
export function mintId(
  about: { readonly prefix: string; readonly package: string; readonly vulnerability: string },
  digest: (text: string) => string,
  taken: (id: string) => boolean,
): string {
  if (!isOwnPrefix(about.prefix)) throw new Error(`ids with the prefix ${about.prefix} are not given out here`);
  for (let turn = 0; ; turn += 1) {
    const id = spell(about.prefix, digest(JSON.stringify([about.prefix, about.package, about.vulnerability, turn])));
    if (!taken(id)) return id;
  }
}

function spell(prefix: string, hex: string): string {
  let number = BigInt(`0x${hex}`);
  let letters = '';
  for (let index = 0; index < LETTERS; index += 1) {
    letters += ALPHABET[Number(number % BigInt(ALPHABET.length))]!;
    number /= BigInt(ALPHABET.length);
  }
  return [prefix, ...letters.match(/.{4}/g)!].join('-');
}
