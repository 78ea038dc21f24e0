import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether `sha256=<hex>` is the HMAC of the body by one of the live secrets; takes the same time wherever it differs. */
export function isSigned(body: Buffer, header: string | undefined, secrets: readonly string[]): boolean {
  if (!header || !/^sha256=[0-9a-f]{64}$/.test(header)) return false;
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  return secrets.map((secret) => timingSafeEqual(createHmac('sha256', secret).update(body).digest(), given)).includes(true);
}

/** Whether `Bearer <secret>` is one of the live secrets. Hashed first, so that lengths tell nothing. */
export function isBearer(header: string | undefined, secrets: readonly string[]): boolean {
  const given = /^Bearer ([^\s]{1,512})$/.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const digest = (text: string) => createHmac('sha256', 'bearer').update(text).digest();
  return secrets.map((secret) => timingSafeEqual(digest(secret), digest(given))).includes(true);
}
