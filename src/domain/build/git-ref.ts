/**
 * The whole name of the ref by which a git-checkout step reaches its commit. A step that names neither tag nor branch takes what HEAD
 * leads to: where Millrace lays out the repository, that is `main`.
 */
export function gitRef(step: { readonly tag?: string | undefined; readonly branch?: string | undefined }): string {
  if (step.tag) return `refs/tags/${step.tag}`;
  return `refs/heads/${step.branch || 'main'}`;
}
