import { userInfo } from 'node:os';
import { Option } from 'commander';

/** `--by NAME`: whose word it is, kept in records. The login name unless given. */
export function byOption(): Option {
  return new Option('--by <name>', 'whose word this is; kept in the records').default(loginName(), 'your login name');
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}
