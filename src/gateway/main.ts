process.stdout.write(`${JSON.stringify({ ready: 'gateway' })}\n`);
setInterval(() => {}, 1000);
