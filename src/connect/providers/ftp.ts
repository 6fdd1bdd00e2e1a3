import { Type } from 'typebox'
import { BASIC, field, type Manifest } from '../provider.ts'
import { createFtpActions } from './ftp-client.ts'

export const ftp: Manifest = {
  provider: 'ftp',
  title: 'FTP',
  connectorType: 'file',
  config: Type.Object({ host: field.host(), port: field.port(21) }),
  auth: [BASIC],
  can: { check: true, discover: true, source: false, target: false, sync: true },
  act: (reach) => createFtpActions(reach, { title: 'FTP', secure: false }),
}
