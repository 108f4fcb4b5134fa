/** Builds the sink's HTTP service; never listens. */
import helmet from '@fastify/helmet';
import staticFiles from '@fastify/static';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { parseAddress } from '../base/address.ts';
import { registerLive, type LiveFeed } from './live.ts';
import { registerRoutes, type ApiSource } from './routes.ts';

export type AppParts = {
  readonly source: ApiSource;
  readonly feed: LiveFeed;
  readonly version: string;
  readonly logger?: FastifyBaseLogger;
  /** Whether it listens on a loopback address: then only names of this host are answered. */
  readonly loopback: boolean;
  /** Folder of the page's files; without it there is the API alone. */
  readonly webRoot?: string;
};

/** Nothing that a client sends is longer than a subscription. */
const CLIENT_MESSAGE_BYTES = 4096;
/** How long clients may take to say good-bye when the service ends. */
const FAREWELL_MS = 500;
/** Addresses that are never the page: what is not there is missing, and says so in JSON. */

export async function buildSinkApp({
  source,
  feed,
  version,
  logger,
  loopback,
  webRoot,
}: AppParts): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onRequest', (request, reply) => refuseForeign(request, reply, loopback));
  app.setErrorHandler(answerError);
  await app.register(helmet, helmetOptions);
  await app.register(websocket, { options: { maxPayload: CLIENT_MESSAGE_BYTES }, preClose: farewell });
  await app.register(swagger, {
    openapi: { info: { title: 'hostint sink', version } },
    transform: jsonSchemaTransform,
  });
  if (webRoot !== undefined) await app.register(staticFiles, { root: webRoot });
  app.setNotFoundHandler(answerMissing);
  // In a child, so that the documentation plugin sees every route.
  await app.register((child) => {
    registerRoutes(child, source);
    registerLive(child, feed);
    child.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger());
    return Promise.resolve();
  });
  return app;
}

/** The page needs its own files and its own socket, and nothing else. It is served without TLS, so no HSTS. */
const helmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
};

/**
 * Keeps other sites' pages in the user's browser away. Browsers send Origin with every WebSocket, which is bound by
 * no same-origin rule: its host must be the one that was asked for. A page whose own name was re-pointed to this host
 * (DNS rebinding) asks with that name: on a loopback address only names of this host are answered.
 */
async function refuseForeign(request: FastifyRequest, reply: FastifyReply, loopback: boolean): Promise<void> {
  const { host, origin, upgrade } = request.headers;
  if (upgrade !== undefined && origin !== undefined && hostOf(origin) !== host?.toLowerCase())
    await reply.code(403).send({ error: `a page of ${origin} may not read this feed` });
  else if (loopback && !isOwnName(host))
    await reply
      .code(421)
      .send({ error: `this is not ${host ?? 'what was asked for'}: ask by IP address or localhost` });
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function isOwnName(host: string | undefined): boolean {
  const name = (host ?? '')
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || parseAddress(name) !== undefined;
}

/** The message is for the client where the fault is the client's; else it is for the log. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  if (status < 500) return reply.code(status).send({ error: error instanceof Error ? error.message : String(error) });
  request.log.error({ err: error, url: request.url }, 'request failed');
  return reply.code(status).send({ error: 'the sink failed to answer; its log says why' });
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function answerMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ error: `there is nothing at ${request.method} ${request.url}` });
}

/** A client that does not read cannot hold the end up. */
function farewell(this: FastifyInstance, done: () => void): void {
  const { clients } = this.websocketServer;
  for (const client of clients) client.close(1001, 'the sink is ending');
  const impatience = setTimeout(() => clients.forEach((client) => client.terminate()), FAREWELL_MS);
  this.websocketServer.close(() => {
    clearTimeout(impatience);
    done();
  });
}
