import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { Refusal } from '../../platform/errors.ts'
import { publicId, requireUuid } from '../../platform/ids.ts'
import type { Received } from '../../settlement/index.ts'
import { actorOf } from '../actor.ts'
import { pageBody, uuidCursor } from '../cursor.ts'
import type { Api } from '../fastify.ts'
import { attachment, fileNameOf } from '../file-name.ts'
import { fileBody, fileDetailBody, sourceBody } from '../night-views.ts'
import { LIMIT_DEFAULT, readLimit } from '../query.ts'
import { closed, PageOf, TEXT_MAX } from '../schemas/common.ts'
import {
  FileBytes,
  FileListQuery,
  ReceivedFileSchema,
  SettlementFileDetailSchema,
  SettlementFileSchema,
  SettlementFormatSchema,
  SettlementSourceSchema,
  UploadHeaders,
  UploadQuery,
  WithdrawBody,
} from '../schemas/settlement-file.ts'
import type { Services, SettlementFiles } from '../services.ts'
import { emptyUpload, refuseTooLarge, type Uploads } from '../uploads.ts'

const tags = ['settlement files']
const params = Type.Object(
  { id: Type.String({ maxLength: TEXT_MAX, description: 'Id of the settlement file (`sf_…`).' }) },
  closed,
)

export function settlementFileRoutes(app: Api, { settlementFiles }: Services, uploads: Uploads): void {
  // A scope of its own, because everywhere else a body is JSON.
  app.register(async (scope: Api) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body))
    uploadRoute(scope, settlementFiles, uploads)
  })
  readRoutes(app, settlementFiles)
  withdrawRoute(app, settlementFiles)
  contentRoutes(app, settlementFiles)
  sourceRoute(app, settlementFiles)
}

function uploadRoute(scope: Api, files: SettlementFiles, uploads: Uploads): void {
  scope.post(
    '/v1/settlement_files',
    {
      schema: {
        tags,
        operationId: 'uploadSettlementFile',
        summary: 'Hand in a settlement file',
        description:
          'Kept byte for byte, read, proven to add up, and accepted or rejected. 200 with `duplicate_of` when these bytes were received before. A gzip or zip of a declared source is unpacked: `others` has the further files of a zip.',
        consumes: ['application/octet-stream'],
        querystring: UploadQuery,
        response: { 200: ReceivedFileSchema, 201: ReceivedFileSchema },
      },
      config: {
        scope: 'write',
        refusals: ['invalid_parameter', 'source_not_found', 'malformed_request'],
        documented: { body: FileBytes, headers: UploadHeaders },
      },
    },
    async (request, reply) => {
      const name = fileNameOf(request.raw)
      const source = request.query.source ?? onlySource(files.sourceNames)
      if (!(request.body instanceof Readable)) throw emptyUpload()
      refuseTooLarge(request.headers['content-length'])
      const bytes = uploads.read(request.body, request.raw.socket)
      const { others = [], ...first } = await files.receive({ source, name, bytes })
      const body = { ...receivedBody(first), ...(others.length === 0 ? {} : { others: others.map(receivedBody) }) }
      if ([first, ...others].every(({ duplicate }) => duplicate)) return reply.code(200).send(body)
      files.noticed()
      return reply.code(201).send(body)
    },
  )
}

function receivedBody({ file, duplicate }: Received) {
  const body = fileBody(file)
  return duplicate ? { ...body, duplicate_of: body.id } : body
}

function onlySource(names: readonly string[]): string {
  const [name, ...others] = names
  if (name !== undefined && others.length === 0) return name
  const detail = `Name the source of the file: ${names.join(', ') || 'there is none'}.`
  throw new Refusal('invalid_parameter', `?source: ${detail}`, { errors: [{ pointer: '?source', detail }] })
}

function readRoutes(app: Api, files: SettlementFiles): void {
  app.get(
    '/v1/settlement_files',
    {
      preValidation: readLimit,
      schema: {
        tags,
        operationId: 'listSettlementFiles',
        summary: 'List settlement files, newest first',
        querystring: FileListQuery,
        response: { 200: PageOf(SettlementFileSchema) },
      },
      config: { scope: 'read', refusals: ['invalid_parameter'] },
    },
    async ({ query }) => {
      const page = await files.list({
        source: query.source,
        limit: query.limit ?? LIMIT_DEFAULT,
        after: uuidCursor(query.cursor),
      })
      return pageBody(page, fileBody, ({ id }) => id)
    },
  )

  app.get(
    '/v1/settlement_files/:id',
    {
      schema: {
        tags,
        operationId: 'getSettlementFile',
        summary: 'Read what is known of a settlement file',
        params,
        response: { 200: SettlementFileDetailSchema },
      },
      config: { scope: 'read', refusals: ['not_found'] },
    },
    async ({ params: { id } }) => fileDetailBody(await requireFile(files, id)),
  )
}

function withdrawRoute(app: Api, files: SettlementFiles): void {
  app.post(
    '/v1/settlement_files/:id/withdraw',
    {
      schema: {
        tags,
        operationId: 'withdrawSettlementFile',
        summary: 'Take a whole settlement file back',
        description:
          'Nothing of it counts from now on: the next run of its source undoes what its lines caused, with entries of its own, and waits for them in another file of the same day. The file and the report of its run stay as they were. Asked again, it changes nothing.',
        params,
        body: WithdrawBody,
        response: { 200: SettlementFileDetailSchema },
      },
      config: { scope: 'write', refusals: ['not_found', 'file_state'] },
    },
    async (request) => {
      const { reason } = request.body
      const actor = actorOf(request)
      const file = await files.withdraw({ id: requireUuid('sf', request.params.id), reason, by: actor.name, actor })
      files.noticed()
      return fileDetailBody(await requireFile(files, publicId('sf', file.id)))
    },
  )
}

function contentRoutes(app: Api, files: SettlementFiles): void {
  app.get(
    '/v1/settlement_files/:id/content',
    {
      schema: {
        tags,
        operationId: 'getSettlementFileContent',
        summary: 'Download a settlement file as it was received',
        produces: ['application/octet-stream'],
        params,
      },
      config: { scope: 'read', refusals: ['not_found'], documented: { response: FileBytes } },
    },
    async ({ params: { id } }, reply) => {
      const file = await requireFile(files, id)
      // Without a length: when the bytes turn out not to be those that were stored, the answer breaks off visibly.
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', attachment(file.name))
        .send(Readable.from(files.content(file), { objectMode: false }))
    },
  )

  app.get(
    '/v1/settlement_formats',
    {
      schema: {
        tags,
        operationId: 'listSettlementFormats',
        summary: 'List the formats that this server reads',
        response: { 200: PageOf(SettlementFormatSchema) },
      },
      config: { scope: 'read' },
    },
    async () => ({
      data: files.formats.map(({ sources, ...format }) => ({ ...format, sources: [...sources] })),
      has_more: false,
      next_cursor: null,
    }),
  )
}

function sourceRoute(app: Api, files: SettlementFiles): void {
  app.get(
    '/v1/settlement_sources',
    {
      schema: {
        tags,
        operationId: 'listSettlementSources',
        summary: 'List the sources of settlement files, with what came last and what is late',
        response: { 200: PageOf(SettlementSourceSchema) },
      },
      config: { scope: 'read' },
    },
    async () => ({ data: (await files.sources()).map(sourceBody), has_more: false, next_cursor: null }),
  )
}

async function requireFile(files: SettlementFiles, id: string) {
  const uuid = requireUuid('sf', id)
  const file = await files.get(uuid)
  if (file === undefined) throw new Refusal('not_found', `There is no settlement file ${publicId('sf', uuid)}.`)
  return file
}
