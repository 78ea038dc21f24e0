import { z } from 'zod';

/** What is read of the payloads that come from outside; everything else in them is left alone. Forms: GitHub's "Webhook events and payloads". */
const shortText = z.string().min(1).max(300);
const commitId = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const paths = z.array(z.string().max(4096)).max(10_000);
const repository = z.object({
  full_name: z.string().regex(/^[A-Za-z0-9_.-]{1,100}\/[A-Za-z0-9_.-]{1,100}$/),
  html_url: z.url().max(500).optional(),
});

export const releasePayload = z.object({
  action: shortText,
  release: z.object({
    tag_name: shortText,
    html_url: z.url().max(1000).optional(),
    published_at: z.iso.datetime({ offset: true }).nullish(),
    draft: z.boolean(),
  }),
  repository,
});

export const createPayload = z.object({ ref: shortText, ref_type: z.enum(['branch', 'tag']), repository });

export const pushPayload = z.object({
  ref: shortText,
  after: commitId,
  deleted: z.boolean().default(false),
  commits: z.array(z.object({ added: paths.default([]), removed: paths.default([]), modified: paths.default([]) })).max(2048),
  pusher: z.object({ name: shortText.optional() }).optional(),
  compare: z.url().max(1000).optional(),
  repository,
});

export const genericPayload = z.strictObject({
  package: z.string().min(1).max(128),
  version: z
    .string()
    .regex(/^[0-9A-Za-z][0-9A-Za-z._+~-]{0,99}$/, { error: 'a version such as 1.3.1' })
    .optional(),
  reason: z.string().min(1).max(500).optional(),
});

export type ReleasePayload = z.infer<typeof releasePayload>;
export type CreatePayload = z.infer<typeof createPayload>;
export type PushPayload = z.infer<typeof pushPayload>;
export type GenericPayload = z.infer<typeof genericPayload>;
