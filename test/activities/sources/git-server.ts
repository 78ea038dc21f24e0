import { spawn } from 'node:child_process';
import { startWeb } from './web';
import type { Handler, Web } from './web';

/** Serves the repositories below a folder by git's own HTTP backend, on a free port of this machine. */
export function startGitServer(root: string): Promise<Web> {
  return startWeb(backend(root));
}

/** `git http-backend` is a CGI program (RFC 3875): the request in variables, headers and a body in its output. */
function backend(root: string): Handler {
  return (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_ADDR: '127.0.0.1',
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    request.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', () => {
      const output = Buffer.concat(chunks);
      const end = output.indexOf('\r\n\r\n');
      const headers = output
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(/: (.*)/) as [string, string]);
      const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
      response.writeHead(
        parseInt(status, 10),
        headers.filter(([name]) => name !== 'Status').map(([name, value]) => [name, value]),
      );
      response.end(output.subarray(end + 4));
    });
  };
}
