/** S3 and what speaks it. */
import { AwsV4Signer } from 'aws4fetch'
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
import {
  type Actions,
  BROWSE_LIMIT,
  type Browsed,
  type BrowseItem,
  field,
  type Manifest,
  type Opened,
} from '../provider.ts'
import type { Reach } from '../reach.ts'
import type { FileEntry, Reading } from '../sync-kind.ts'
import { webRequest } from '../web-request.ts'
import { tooManyFiles } from './walk-files.ts'

const Config = Type.Object({
  host: field.host(),
  bucket: field.text('Bucket'),
  protocol: field.choice('Protocol', ['http', 'https'], 'https'),
  region: field.text('Region'),
  port: field.portOrNull(),
  bucket_style: field.choice('Bucket style', ['domain', 'path'], 'path'),
  additional_params: field.params(),
})

type Config = Static<typeof Config>

export const s3: Manifest = {
  provider: 's3',
  title: 'S3',
  connectorType: 'file',
  config: Config,
  auth: [
    {
      type: 's3',
      title: 'Access key',
      fields: { access_key: field.text('Access key') },
      secrets: { secret_key: field.secret('Secret key') },
    },
  ],
  can: { check: true, discover: true, source: false, target: false, sync: true },
  act: (reach) => createS3Actions(reach),
  complete: (config) => ({ ...config, port: config.port ?? (config.protocol === 'https' ? 443 : 80) }),
}

const PAGE = 1_000

function createS3Actions({ guard }: Pick<Reach, 'guard'>): Actions {
  return {
    check: async (opened) => {
      const { bucket } = opened.config as Config // validated when it was opened
      const { files } = await listPage(guard, opened, { 'max-keys': '1' })
      return {
        message: `Signed in; the bucket ${bucket} ${files.length === 0 ? 'is empty' : 'holds objects'}.`,
        details: { bucket },
      }
    },
    browse: (opened, path) => browse(guard, opened, path),
    sync: { kind: 'listing', read: (opened, reading) => readAll(guard, opened, reading) },
  }
}

async function readAll(guard: Reach['guard'], opened: Opened, reading: Reading): Promise<FileEntry[]> {
  const files: FileEntry[] = []
  for (let token: string | null = ''; token !== null;) {
    const page: Page = await listPage(
      guard,
      opened,
      { 'max-keys': String(PAGE), ...(token === '' ? {} : { 'continuation-token': token }) },
      reading.signal,
    )
    files.push(...page.files)
    if (files.length > reading.limit) throw tooManyFiles(reading.limit)
    reading.progress('listing', files.length)
    token = page.next
  }
  return files
}

async function browse(guard: Reach['guard'], opened: Opened, path: string): Promise<Browsed> {
  const prefix = path.replace(/^\//, '').replace(/([^/])$/, '$1/')
  const items: BrowseItem[] = []
  let token: string | null = ''
  while (token !== null && items.length <= BROWSE_LIMIT) {
    const page: Page = await listPage(guard, opened, {
      delimiter: '/',
      prefix,
      'max-keys': String(PAGE),
      ...(token === '' ? {} : { 'continuation-token': token }),
    })
    for (const folder of page.folders) {
      items.push({ name: folder.slice(prefix.length).replace(/\/$/, ''), path: `/${folder}`, kind: 'folder' })
    }
    for (const file of page.files) {
      // The folder itself, where somebody made an object of it.
      if (file.path === `/${prefix}`) continue
      items.push({
        name: file.path.slice(prefix.length + 1),
        path: file.path,
        kind: 'file',
        size_bytes: file.sizeBytes,
        ...(file.modifiedAt === null ? {} : { modified_at: file.modifiedAt.toISOString() }),
      })
    }
    token = page.next
  }
  return { items: items.slice(0, BROWSE_LIMIT), truncated: token !== null || items.length > BROWSE_LIMIT }
}

interface Page {
  files: FileEntry[]
  folders: string[]
  next: string | null
}

async function listPage(
  guard: Reach['guard'],
  { config, auth }: Opened,
  query: Record<string, string>,
  signal?: AbortSignal,
): Promise<Page> {
  const settings = config as Config // validated when it was opened
  const { access_key: accessKeyId, secret_key: secretAccessKey } = auth as Record<string, string> // sealed by the manifest's schema
  const url = addressOf(settings)
  for (const [name, value] of Object.entries({ 'list-type': '2', 'encoding-type': 'url', ...query })) {
    url.searchParams.set(name, value)
  }
  const signed = await new AwsV4Signer({
    url: url.href,
    accessKeyId: accessKeyId ?? '',
    secretAccessKey: secretAccessKey ?? '',
    region: settings.region,
    service: 's3',
  }).sign()
  const answer = await webRequest(guard, 'store', {
    url: signed.url.href,
    headers: Object.fromEntries(signed.headers),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = answer.body.toString('utf8')
  if (answer.status !== 200) throw refusal(settings, answer.status, text)
  return pageOf(text)
}

function addressOf({ protocol, host, port, bucket, bucket_style: style }: Config): URL {
  const authority = `${style === 'domain' ? `${bucket}.` : ''}${host}${port === null ? '' : `:${port}`}`
  return new URL(`${protocol}://${authority}/${style === 'domain' ? '' : `${encodeURIComponent(bucket)}`}`)
}

/** The answer's XML is flat and its keys are URL-encoded, as asked: no parser is needed to take it apart. */
function pageOf(xml: string): Page {
  const all = (name: string, text: string) =>
    [...text.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inner]) => inner ?? '')
  const one = (name: string, text: string) => all(name, text)[0]
  const files = all('Contents', xml).map((object) => ({
    path: `/${decodeKey(one('Key', object) ?? '')}`,
    sizeBytes: Number(one('Size', object) ?? 0),
    modifiedAt: timeOf(one('LastModified', object)),
    etag: plain(one('ETag', object) ?? '').replaceAll('"', '') || null,
  }))
  const folders = all('CommonPrefixes', xml).map((prefix) => decodeKey(one('Prefix', prefix) ?? ''))
  const more = one('IsTruncated', xml) === 'true' ? one('NextContinuationToken', xml) : undefined
  return { files, folders, next: more === undefined || more === '' ? null : plain(more) }
}

const decodeKey = (key: string): string => decodeURIComponent(plain(key).replaceAll('+', '%20'))

function plain(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function timeOf(text: string | undefined): Date | null {
  const at = new Date(text ?? '')
  return Number.isNaN(at.getTime()) ? null : at
}

function refusal({ host, bucket }: Config, status: number, xml: string): Fault {
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(xml)?.[1] ?? `HTTP ${status}`
  if (status === 401 || status === 403) {
    const message = `${host} does not let it into the bucket ${bucket} (${code}). Check the keys and their rights.`
    return new Fault('unauthorized', 'connect.auth_refused', message)
  }
  if (status === 404) {
    return new Fault(
      'not_found',
      'connect.bucket_missing',
      `There is no bucket ${bucket} at ${host} (${code}).`,
    )
  }
  const kind = status >= 500 || status === 429 ? 'unavailable' : 'bad_request'
  return new Fault(kind, 'connect.refused', `${host} refused the listing of ${bucket}: ${code}.`)
}
