/** The source's HTTP API; builds the app and never listens. */
import fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sourceFlowsSchema, sourceStatusSchema } from './messages.ts';
import type { Source } from './source.ts';

const healthSchema = z.object({ status: z.enum(['ok', 'failing']), reason: z.string().optional() });

export function buildSourceApp(source: Pick<Source, 'status' | 'flows' | 'detached'>): FastifyInstance {
  const app = fastify({ logger: false }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.get('/healthz', { schema: { response: { 200: healthSchema, 503: healthSchema } } }, (_request, reply) => {
    const detached = source.detached();
    if (detached.length === 0) return { status: 'ok' as const };
    reply.code(503);
    return { status: 'failing' as const, reason: `no longer attached to ${detached.join(', ')}` };
  });
  app.get('/api/v1/status', { schema: { response: { 200: sourceStatusSchema } } }, () => source.status());
  app.get('/api/v1/flows', { schema: { response: { 200: sourceFlowsSchema } } }, () => ({ flows: source.flows() }));
  return app;
}
