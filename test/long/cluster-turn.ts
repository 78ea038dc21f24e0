import { createServer } from 'node:net';

/** A machine has one such cluster. An abstract socket is gone with its process, however that ends. */
const NAME = '\0millrace-cluster-of-the-tests';

/** Waits until no other test file has a cluster. The answer gives the turn to the next. */
export async function takeClusterTurn(): Promise<() => Promise<void>> {
  for (;;) {
    const server = createServer();
    const mine = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
      server.listen(NAME, () => resolve(true));
    });
    if (mine) return () => new Promise((done) => server.close(() => done()));
    await new Promise((done) => setTimeout(done, 250));
  }
}
