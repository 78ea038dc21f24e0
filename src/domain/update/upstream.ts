/** Where an upstream is looked up, derived from a spec: its `update:` block and its sources. */
export type Upstream =
  | {
      readonly kind: 'directory';
      /** Listing that names the files. */ readonly url: string;
      /** File name around the version. */ readonly before: string;
      readonly after: string;
    }
  | { readonly kind: 'git'; readonly repository: string };
