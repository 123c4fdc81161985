import { createHash } from 'node:crypto'
import helmet from '@fastify/helmet'
import { fastify } from 'fastify'
import { errorsPage } from '../errors-reference.ts'
import type { Api } from '../fastify.ts'
import { SECURITY_HEADERS } from '../security-headers.ts'

type Documentation = { readonly html: string; readonly script: string; readonly scriptHashes: readonly string[] }

type About = { readonly version: string; readonly mode: string }

const hidden = { hide: true }

/** The pages for people: what is here, the errors, and the documentation of the API. No API key. */
export function pageRoutes(app: Api, about: About): void {
  app.get('/', { schema: hidden }, async () => ({
    name: 'tallystick',
    ...about,
    documentation: '/docs',
    openapi: '/openapi.json',
    errors: '/errors',
    ready: '/readyz',
  }))

  let document: string | undefined
  app.get('/openapi.json', { schema: hidden }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.header('content-type', 'application/json; charset=utf-8').send(document)
  })

  app.register(async (scope: Api) => {
    let documentation: Promise<Documentation> | undefined
    let hashes: readonly string[] = []
    const load = async (): Promise<Documentation> => {
      documentation ??= loadDocumentation()
      const loaded = await documentation
      hashes = loaded.scriptHashes
      return loaded
    }
    // Before helmet's own: its policy needs the hashes, and the fields for data would take precedence over its fields.
    scope.addHook('onRequest', async (request, reply) => {
      for (const name of Object.keys(SECURITY_HEADERS)) if (name !== 'cache-control') reply.removeHeader(name)
      if (request.routeOptions.url === '/docs/') await load()
    })
    await scope.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          // The page's own inline scripts by their hashes; the bundle from here. Nothing from elsewhere.
          scriptSrc: ["'self'", () => hashes.join(' ') || "'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          fontSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          workerSrc: ["'self'", 'blob:'],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // The server speaks HTTP on loopback; whatever puts TLS in front of it sends this field.
      strictTransportSecurity: false,
    })
    scope.get('/errors', { schema: hidden }, async (_request, reply) => html(reply).send(errorsPage()))
    scope.get('/docs', { schema: hidden }, async (_request, reply) => reply.redirect('/docs/', 301))
    scope.get('/docs/', { schema: hidden }, async (_request, reply) => html(reply).send((await load()).html))
    scope.get('/docs/js/scalar.js', { schema: hidden }, async (_request, reply) => {
      const { script } = await load()
      return reply
        .header('content-type', 'text/javascript; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(script)
    })
  })
}

function html<Reply extends { header: (name: string, value: string) => Reply }>(reply: Reply): Reply {
  return reply.header('content-type', 'text/html; charset=utf-8')
}

/**
 * The reference page, loaded when somebody first asks for it: its 5 MB of script cost start time and memory. It is
 * rendered by a server of its own that listens nowhere, because routes cannot be added to one that runs.
 */
async function loadDocumentation(): Promise<Documentation> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const renderer = fastify()
  await renderer.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Tallystick API',
      withDefaultFonts: false,
      // Its toolbar offers to share the document and to deploy it with somebody else's service.
      showDeveloperTools: 'never',
      telemetry: false,
      agent: { disabled: true },
      proxyUrl: '',
    },
  })
  const page = await renderer.inject('/docs/')
  const script = await renderer.inject('/docs/js/scalar.js')
  await renderer.close()
  return { html: page.body, script: script.body, scriptHashes: inlineScriptHashes(page.body) }
}

const inlineScriptHashes = (page: string): string[] =>
  [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
