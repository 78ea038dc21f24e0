import type { IncomingMessage } from 'node:http';
import { createNotifier } from '../../../src/activities/notify/notify';
import { closedPort, startWeb } from '../sources/web';
import type { Web } from '../sources/web';

let web: Web;
beforeEach(async () => (web = await startWeb()));
afterEach(() => web.close());

const notification = { event: 'waiting', workflow: 'release:zlib-1.3.1-r0', text: 'lz4 waits', answer: 'millrace decide lz4 retry' };
const text = async (request: IncomingMessage) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

test('tells the webhook all of it as JSON', async () => {
  const told: unknown[] = [];
  web.handler = (request, response) => {
    void text(request).then((body) => {
      told.push(request.method, request.headers['content-type'], JSON.parse(body));
      response.writeHead(204).end();
    });
  };
  await createNotifier({ webhook: `${web.url}/hook` }).notify(notification);
  expect(told).toEqual(['POST', 'application/json', notification]);
});

test('does nothing without a webhook', () => createNotifier({}).notify(notification));

test.each([
  [500, 'NotifyUnreachable', false],
  [429, 'NotifyUnreachable', false],
  [404, 'NotifyRefused', true],
  [302, 'NotifyRefused', true],
])('an answer of %d throws %s without the secret of the address', async (status, type, nonRetryable) => {
  web.handler = (_, response) => response.writeHead(status, { location: '/elsewhere' }).end();
  const failure = createNotifier({ webhook: `${web.url}/services/TOKEN` }).notify(notification);
  await expect(failure).rejects.toMatchObject({ type, nonRetryable });
  await expect(failure).rejects.toThrow(String(status));
  await expect(failure).rejects.not.toThrow('TOKEN');
  expect(web.requests).toEqual(['POST /services/TOKEN']);
});

test('nobody there, or nobody who answers, is tried again', async () => {
  const nobody = `http://127.0.0.1:${await closedPort()}/TOKEN`;
  await expect(createNotifier({ webhook: nobody }).notify(notification)).rejects.toMatchObject({
    type: 'NotifyUnreachable',
    nonRetryable: false,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  web.handler = () => undefined;
  await expect(createNotifier({ webhook: web.url, timeoutSeconds: 0.2 }).notify(notification)).rejects.toMatchObject({
    type: 'NotifyUnreachable',
  });
});
