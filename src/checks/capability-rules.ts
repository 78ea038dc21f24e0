import type { Elf } from './elf';

/** Something that code can do, found at a place. */
export interface Capability {
  readonly rule: string;
  readonly title: string;
  /**
   * `obfuscation` has no good reason in a package; `hook` runs code at other times or as other users and is compared file by file;
   * `ability` is compared over the whole release, for a program that already uses the network may do so in another file.
   */
  readonly kind: 'obfuscation' | 'hook' | 'ability';
  readonly path: string;
  /** What was found, short. */
  readonly evidence: string;
}

interface Rule {
  readonly rule: string;
  readonly title: string;
  readonly kind: Capability['kind'];
  readonly pattern: RegExp;
}

const SHELL = '(?:/\\S*/)?(?:ba|da|a|z|k)?sh\\b';
const DECODER = '(?:base64\\s+(?:-d|-D|--decode)|base32\\s+(?:-d|--decode)|xxd\\s+-r|openssl\\s+(?:enc|base64)\\b[^|\\n]*\\s-d)';
const COMMAND = '(?:^|[;&|(`{]|\\$\\(|\\b(?:then|else|do|exec|sudo|if|while|!)\\s)\\s*(?:/\\S*/)?';

/** Rules over the text of scripts, install scripts and (where `binary`) the strings of programs. */
const TEXT_RULES: readonly (Rule & { readonly binary: boolean })[] = [
  {
    rule: 'decoded-code',
    title: 'runs decoded text as code',
    kind: 'obfuscation',
    binary: true,
    pattern: new RegExp(`${DECODER}[^;\\n]*\\|\\s*(?:sudo\\s+)?${SHELL}`),
  },
  {
    rule: 'decoded-code',
    title: 'runs decoded text as code',
    kind: 'obfuscation',
    binary: false,
    pattern: new RegExp(`\\b(?:eval|source|${SHELL}\\s+-c)\\b[^\\n]*${DECODER}`),
  },
  {
    rule: 'decoded-code',
    title: 'runs decoded text as code',
    kind: 'obfuscation',
    binary: false,
    pattern:
      /\b(?:exec|eval)\s*\(?[^\n]*(?:b64decode|decode_base64|unhexlify|fromhex|zlib\.decompress|marshal\.loads|String\.fromCharCode)/,
  },
  {
    rule: 'escaped-code',
    title: 'runs text hidden in escapes',
    kind: 'obfuscation',
    binary: false,
    pattern: /\b(?:eval|exec)\b[^\n]*(?:\\x[0-9a-f]{2}){8}|(?:\\x[0-9a-f]{2}){64}/i,
  },
  {
    rule: 'fetched-code',
    title: 'runs what it downloads',
    kind: 'obfuscation',
    binary: true,
    pattern: new RegExp(`\\b(?:curl|wget)\\b[^;\\n]*\\|\\s*(?:sudo\\s+)?${SHELL}`),
  },
  {
    rule: 'shell-socket',
    title: 'opens a connection from the shell',
    kind: 'obfuscation',
    binary: true,
    pattern: /\/dev\/(?:tcp|udp)\/[^\s'"]/,
  },
  {
    rule: 'cron',
    title: 'installs a timed job',
    kind: 'hook',
    binary: false,
    pattern: /\bcrontab\s+-?\S|\/etc\/cron\.|\/var\/spool\/cron/,
  },
  { rule: 'ssh-keys', title: 'touches SSH keys', kind: 'hook', binary: true, pattern: /authorized_keys\b/ },
  {
    rule: 'preload',
    title: 'preloads a library into other programs',
    kind: 'hook',
    binary: true,
    pattern: /\bLD_PRELOAD\b|\/etc\/ld\.so\.preload/,
  },
  {
    rule: 'setuid',
    title: 'makes a file setuid or setgid',
    kind: 'hook',
    binary: false,
    pattern: /\bchmod\s+(?:-\S+\s+)*(?:[ugoa]*\+[rwxXt]*s|0?[2467][0-7]{3}\b)/,
  },
  {
    rule: 'network',
    title: 'uses the network',
    kind: 'ability',
    binary: false,
    pattern: new RegExp(`${COMMAND}(?:curl|wget|nc|ncat|netcat|socat|telnet|scp|ssh)\\s+[^=\\s]`, 'm'),
  },
  {
    rule: 'network',
    title: 'uses the network',
    kind: 'ability',
    binary: false,
    pattern: /^\s*(?:import|from|use)\s+(?:socket|urllib|requests|http\.client|httpx|aiohttp|ftplib|IO::Socket|LWP|Net::)/m,
  },
  {
    rule: 'execute',
    title: 'starts other programs',
    kind: 'ability',
    binary: false,
    pattern: /\bsubprocess\.(?:run|Popen|call|check_\w+)\s*\(|\bos\.(?:system|popen|exec\w*|spawn\w*)\s*\(|\bchild_process\b/,
  },
];

const SYMBOLS: readonly { readonly rule: string; readonly title: string; readonly names: RegExp }[] = [
  {
    rule: 'network',
    title: 'uses the network',
    names: /^(?:connect|bind|listen|accept4?|sendto|recvfrom|sendmsg|getaddrinfo|gethostbyname(?:2|_r|2_r)?)$/,
  },
  { rule: 'execute', title: 'starts other programs', names: /^(?:exec(?:l|le|lp|v|ve|vp|vpe|veat)|fexecve|posix_spawnp?|system|popen)$/ },
  { rule: 'load', title: 'loads code while it runs', names: /^dlm?open$/ },
  { rule: 'memory', title: 'writes into other processes or runs code from memory', names: /^(?:ptrace|process_vm_writev|memfd_create)$/ },
];

const NETWORK_LIBRARIES = /^lib(?:curl|ssl|ssh2?|nghttp[23]|neon|soup|zmq|websockets)\b/;

const clip = (text: string) => text.trim().replace(/\s+/g, ' ').slice(0, 120);

/** A comment does nothing; a shebang line is one as well. */
const withoutComments = (text: string) => text.replace(/^\s*(?:#|\/\/).*$/gm, '');

function byText(path: string, text: string, binary: boolean): readonly Capability[] {
  const searched = binary ? text : withoutComments(text);
  return TEXT_RULES.filter((item) => item.binary || !binary).flatMap(({ rule, title, kind, pattern }) => {
    const match = pattern.exec(searched);
    return match ? [{ rule, title, kind, path, evidence: clip(match[0].replace(/[^\x20-\x7e]/g, ' ')) }] : [];
  });
}

/** What a script or install script can do by its text. */
export function scriptCapabilities(path: string, text: string): readonly Capability[] {
  return byText(path, text, false);
}

/** What a program can do by the names that it takes from libraries and by its strings. */
export function programCapabilities(path: string, elf: Elf, content: Buffer): readonly Capability[] {
  const imported = SYMBOLS.flatMap(({ rule, title, names }): readonly Capability[] => {
    const found = elf.imported.filter((name) => names.test(name));
    return found.length > 0 ? [{ rule, title, kind: 'ability', path, evidence: found.sort().join(', ') }] : [];
  });
  const linked = elf.needed
    .filter((name) => NETWORK_LIBRARIES.test(name))
    .map((name): Capability => ({ rule: 'network', title: 'uses the network', kind: 'ability', path, evidence: name }));
  return [...imported, ...linked, ...byText(path, content.toString('latin1'), true)];
}

/** Versions in a path are left out, so that `libz.so.1.2.13` is found again as `libz.so.1.3.1`. */
export function placeOf(path: string): string {
  return path.replace(/\d+(?:\.\d+)*/g, '#');
}
