import { z } from 'zod';
import { isOwnPrefix } from '../domain/advisory/id';
import { isPackageName } from '../domain/change/files';

/**
 * The form of `millrace.yaml`: the authority on its keys, defaults and units. Keys are written as melange writes them (`escalate-after`);
 * durations (`30s`, `5m`, `4h`, `2d`) become seconds, sizes (`500MiB`, `2GiB`) bytes.
 */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const quantity = (units: Readonly<Record<string, number>>, expected: string) =>
  z
    .string({ error: expected })
    .regex(new RegExp(`^[1-9][0-9]{0,8} ?(${Object.keys(units).join('|')})$`), { error: expected })
    .transform((text) => {
      const unit = text.replace(/^[0-9]+ ?/, '');
      return Number.parseInt(text, 10) * units[unit]!;
    });

const duration = quantity(SECONDS, 'a duration such as 30s, 5m, 4h or 2d');
const size = quantity(BYTES, 'a size such as 500MiB or 2GiB');
const text = z.string({ error: 'text' }).min(1, { error: 'text that is not empty' });
const port = z
  .int({ error: 'a port from 1 to 65535' })
  .min(1, { error: 'a port from 1 to 65535' })
  .max(65_535, { error: 'a port from 1 to 65535' });
const httpUrl = z.string({ error: 'an http or https URL' }).regex(/^https?:\/\/[^\s/]+/, { error: 'an http or https URL' });
const architecture = z.enum(['x86_64', 'aarch64'], { error: 'x86_64 or aarch64' });

const packageRule = z
  .strictObject(
    {
      package: text.refine(isPackageName, { error: 'the name of a package' }),
      purl: text.regex(/^pkg:[a-z][a-z0-9.+-]*\/[^@?#]+$/, { error: 'a purl without version, such as pkg:pypi/requests' }).optional(),
      ecosystem: text.optional(),
      name: text.optional(),
      repository: text.optional(),
    },
    { error: 'a block of keys' },
  )
  .refine(
    (rule) =>
      (rule.ecosystem === undefined) === (rule.name === undefined) &&
      [rule.purl, rule.name, rule.repository].filter((way) => way !== undefined).length === 1,
    { error: 'a package with one of purl, repository, or ecosystem and name' },
  );

export const configSchema = z.strictObject({
  distribution: z
    .string({ error: 'a name such as my-linux' })
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, { error: 'a name of lower-case letters, digits, dots and dashes, such as my-linux' }),
  state: text.default('.millrace'),
  architectures: z
    .array(architecture, { error: 'a list of architectures' })
    .min(1, { error: 'at least one architecture' })
    .refine((list) => new Set(list).size === list.length, { error: 'each architecture once' })
    .default(['x86_64']),
  specs: z.strictObject(
    {
      repository: text,
      branch: text.default('main'),
      directory: text
        .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*[^/]$/, { error: 'a folder inside the spec repository, such as packages' })
        .default('packages'),
    },
    { error: 'a block of keys' },
  ),
  advisories: z
    .strictObject(
      {
        repository: text,
        branch: text.default('main'),
        directory: text
          .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*[^/]$/, { error: 'a folder inside the advisory repository, or . for its top' })
          .default('.'),
        prefix: text.refine(isOwnPrefix, { error: 'two to ten capital letters and digits, such as MLR, and not CGA' }),
        packages: z.array(packageRule, { error: 'a list of packages' }).default([]),
      },
      { error: 'a block of keys' },
    )
    .optional(),
  floor: z
    .strictObject(
      {
        slots: z.int({ error: 'a whole number' }).min(1, { error: 'a whole number above 0' }).default(2),
        debounce: duration.prefault('30s'),
        'cycle-budget': z.int({ error: 'a whole number' }).min(1, { error: 'a whole number above 0' }).default(1),
        breaker: z
          .strictObject(
            {
              after: z.int({ error: 'a whole number' }).min(1, { error: 'a whole number above 0' }).default(20),
              share: z
                .number({ error: 'a number from 0 to 1' })
                .min(0, { error: 'a number from 0 to 1' })
                .max(1, { error: 'a number from 0 to 1' })
                .default(0.5),
            },
            { error: 'a block of keys' },
          )
          .prefault({}),
        policies: z
          .array(
            z.strictObject(
              { package: text, policy: z.enum(['static', 'content', 'abi', 'none'], { error: 'static, content, abi or none' }) },
              { error: 'a block with package and policy' },
            ),
            { error: 'a list of policies' },
          )
          .default([]),
      },
      { error: 'a block of keys' },
    )
    .prefault({}),
  images: z
    .strictObject(
      {
        directory: text
          .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).*[^/]$/, { error: 'a folder inside the spec repository, such as images' })
          .default('images'),
        /** Absent: a local one on `port`. */
        registry: httpUrl.optional(),
        port: port.default(8468),
      },
      { error: 'a block of keys' },
    )
    .optional(),
  kubernetes: z
    .strictObject(
      {
        kubeconfig: text,
        registry: z
          .string({ error: 'a host with or without port, such as registry.example.org:5000' })
          .regex(/^[^\s:/]+(:[1-9][0-9]{0,4})?$/, { error: 'a host with or without port, such as registry.example.org:5000' })
          .optional(),
      },
      { error: 'a block of keys' },
    )
    .optional(),
  environment: z
    .strictObject(
      {
        stage0: z.boolean({ error: 'true or false' }).optional(),
        repositories: z
          .array(z.strictObject({ url: text, key: text }, { error: 'a block with url and key' }), { error: 'a list of repositories' })
          .default([]),
      },
      { error: 'a block of keys' },
    )
    .prefault({}),
  watch: z.strictObject({ every: duration.prefault('10m') }, { error: 'a block of keys' }).prefault({}),
  gateway: z.strictObject({ host: text.default('127.0.0.1'), port: port.default(8467) }, { error: 'a block of keys' }).prefault({}),
  temporal: z
    .strictObject(
      {
        address: z
          .string({ error: 'an address such as 127.0.0.1:7233' })
          .regex(/^[^\s:/]+:[1-9][0-9]{0,4}$/, { error: 'an address such as 127.0.0.1:7233' })
          .default('127.0.0.1:7233'),
        namespace: text.default('default'),
        'ui-port': port.default(8233),
      },
      { error: 'a block of keys' },
    )
    .prefault({}),
  reminders: z
    .strictObject(
      { every: duration.prefault('4h'), 'escalate-after': duration.prefault('1d'), webhook: httpUrl.optional() },
      { error: 'a block of keys' },
    )
    .prefault({}),
  limits: z
    .strictObject(
      {
        source: size.prefault('2GiB'),
        unpacked: size.prefault('8GiB'),
        'unpacked-files': z.int({ error: 'a whole number' }).min(1, { error: 'a whole number above 0' }).default(200_000),
        build: duration.prefault('2h'),
        test: duration.prefault('1h'),
      },
      { error: 'a block of keys' },
    )
    .prefault({}),
});

export type ConfigFile = z.output<typeof configSchema>;
