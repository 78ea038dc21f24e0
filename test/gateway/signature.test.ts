import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { isBearer, isSigned } from '../../src/gateway/signature';

const sign = (body: string | Buffer, secret: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

it('agrees with the example of GitHub\'s documentation ("Validating webhook deliveries")', () => {
  const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  expect(isSigned(Buffer.from('Hello, World!'), header, ["It's a Secret to Everybody"])).toBe(true);
});

it('takes either of two live secrets, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), fc.string(), (bytes, one, two, other) => {
      fc.pre(other !== one && other !== two && one !== two);
      const body = Buffer.from(bytes);
      expect(isSigned(body, sign(body, one), [one, two])).toBe(true);
      expect(isSigned(body, sign(body, two), [one, two])).toBe(true);
      expect(isSigned(body, sign(body, other), [one, two])).toBe(false);
      expect(isSigned(Buffer.concat([body, Buffer.from('x')]), sign(body, one), [one, two])).toBe(false);
      expect(isSigned(body, sign(body, one), [])).toBe(false);
    }),
  );
});

it.each([
  [undefined],
  [''],
  ['sha256='],
  ['sha1=757107ea0eb2509fc211221cce984b8a37570b6d'],
  [`sha256=${'G'.repeat(64)}`],
  [`sha256=${'a'.repeat(63)}`],
])('refuses the header %j', (header) => expect(isSigned(Buffer.from('x'), header, ['s'])).toBe(false));

it.each<[string | undefined, boolean]>([
  ['Bearer new', true],
  ['Bearer old', true],
  ['Bearer olds', false],
  ['Bearer ', false],
  ['bearer new', false],
  ['Basic new', false],
  [undefined, false],
])('isBearer(%j) is %s', (header, expected) => expect(isBearer(header, ['new', 'old'])).toBe(expected));
