/** A file that a listing links to. */
export interface ListedFile {
  /** Last part of the path, decoded. */
  readonly name: string;
  readonly url: string;
}

// Every repetition is bounded or stops at `<`, so that a hostile page costs linear time.
const ANCHOR = /<a\s(?:[^<>]{0,2000}?\s)?href\s{0,20}=\s{0,20}(?:"([^"<>]{0,4000})"|'([^'<>]{0,4000})'|([^\s"'<>]{1,4000}))/gi;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The files that the anchors of an HTML page link to, in order, each once; links to folders, and those that are no http(s) URL, are left out. */
export function filesOf(html: string, base: string): readonly ListedFile[] {
  const files = new Map<string, ListedFile>();
  for (const [, double, single, bare] of html.matchAll(ANCHOR)) {
    const href = decodeEntities(double ?? single ?? bare ?? '');
    if (!URL.canParse(href, base)) continue;
    const url = new URL(href, base);
    url.search = '';
    url.hash = '';
    const name = decodePart(url.pathname.split('/').at(-1) ?? '');
    if (name === '' || !url.protocol.startsWith('http') || files.has(url.href)) continue;
    files.set(url.href, { name, url: url.href });
  }
  return [...files.values()];
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi, (all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? all;
    const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
