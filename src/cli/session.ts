import type { Client, Connection } from '@temporalio/client';
import type { Command } from 'commander';
import type { Forge } from '../activities/forge/forge';
import { createRepositoryReader, type RepositoryReader } from '../activities/repository/reader';
import { createFolderStore } from '../activities/store/folder-store';
import type { Store } from '../activities/store/store';
import { statePaths, type Config } from '../config/config';
import { requireConfig } from '../config/load';
import { connectClient } from '../workers/connection';
import { forgeOf } from '../workers/spec-forge';

/** What a command works with; what needs the network is made when it is first asked for. */
export interface Session {
  readonly config: Config;
  readonly store: Store;
  readonly forge: Forge;
  /** The published repository. */
  readonly published: RepositoryReader;
  /** Throws a `Complaint` where no Temporal server answers. */
  client(): Promise<Client>;
}

/** The configuration that a command line names. Throws a `Complaint` with all its problems. */
export function configOf(command: Command): Config {
  return requireConfig(command.optsWithGlobals<{ config?: string }>().config);
}

/** Runs a command's work with a session, and closes what it opened. */
export async function withSession<T>(command: Command, work: (session: Session) => Promise<T>): Promise<T> {
  const config = configOf(command);
  const paths = statePaths(config.state);
  let opened: Promise<{ readonly client: Client; readonly connection: Connection }> | undefined;
  try {
    return await work({
      config,
      store: createFolderStore(paths.store),
      forge: forgeOf(config),
      published: createRepositoryReader({ root: paths.repository }),
      client: async () => (await (opened ??= connectClient(config))).client,
    });
  } finally {
    const { connection } = (await opened?.catch(() => undefined)) ?? {};
    await connection?.close();
  }
}
