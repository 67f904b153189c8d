// The OpenAPI document as others see it, for api_test.py: a validator takes it, and a client that is made of nothing but the
// document publishes and reads. Reads {url, key, room, content} from the standard input, and writes what came of it.

import { readFileSync } from 'node:fs';
import SwaggerParser from '@apidevtools/swagger-parser';
import { OpenAPIClientAxios } from 'openapi-client-axios';

const wish = JSON.parse(readFileSync(0, 'utf8'));

const definition = await (await fetch(`${wish.url}/api/v1/openapi.json`)).json();
await SwaggerParser.validate(structuredClone(definition));  // it throws, and it resolves what it is given

const api = new OpenAPIClientAxios({
  definition,
  axiosConfigDefaults: { baseURL: wish.url, headers: { Authorization: `Bearer ${wish.key}` }, proxy: false },
});
const client = await api.init();
const message = { room_id: wish.room, content: wish.content };
const published = (await client.publish({ 'Idempotency-Key': 'once' }, message)).data;
const again = (await client.publish({ 'Idempotency-Key': 'once' }, message)).data;
const history = (await client.readHistory({ room: wish.room, limit: 10 })).data;

console.log(JSON.stringify({
  published, again, history, operations: api.getOperations().map((operation) => operation.operationId),
}));
