// Verifies requests of webhooks with the unmodified package `standardwebhooks`: a JSON list of {secret, headers, body} on
// standard input; on standard output a list of the outcomes, "ok" or what it says.
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const outcomes = JSON.parse(readFileSync(0, 'utf8')).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return 'ok';
  } catch (error) {
    return error.message;
  }
});
process.stdout.write(JSON.stringify(outcomes));
