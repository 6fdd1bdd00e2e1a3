import type { Database } from '#database'
import { Fault } from '#fault'
import * as store from './application.store.ts'
import { audit } from './audit.ts'
import { type Caller, levelIn, requireLevel } from './caller.ts'
import { visibleGroup } from './group.ts'
import { applicationSecret, hashSecret, newSecret } from './sign-in/secret.ts'
import type { Tx } from './tables.ts'
import { existingUser } from './user.ts'

/** Of one user or group. */
const APPLICATIONS_LIMIT = 500

export interface NewApplication extends store.ApplicationFields {
  owner: store.ApplicationOwner
}

/** The secret is answered here and never again. */
export function createApplication(
  db: Database,
  caller: Caller,
  { owner, ...fields }: NewApplication,
): Promise<store.Application & { secret: string }> {
  return db.withCaller(caller, async (tx: Tx) => {
    if ('group_id' in owner) await administeredGroup(tx, caller, owner.group_id)
    else await existingUser(tx, owner.user_id)
    const { total } = await store.listApplications(tx, owner, { page: 1, page_size: 1 })
    if (total >= APPLICATIONS_LIMIT) {
      throw new Fault(
        'conflict',
        'identity.too_many_applications',
        `There are ${APPLICATIONS_LIMIT} applications already; delete one that is not used any more.`,
      )
    }
    const secret = newSecret()
    const made = await store.insertApplication(tx, { ...fields, ...owner, secret_hash: hashSecret(secret) })
    await auditApplication(tx, caller, 'application.create', made, { type: made.type })
    return { ...made, secret: applicationSecret(made.id, secret) }
  })
}

export function updateApplication(
  db: Database,
  caller: Caller,
  id: number,
  change: Partial<store.ApplicationFields>,
): Promise<store.Application> {
  return db.withCaller(caller, async (tx: Tx) => {
    const before = await existingApplication(tx, id)
    const after = await store.updateApplication(tx, id, change)
    const { name, type, status, expires_at } = before
    await auditApplication(tx, caller, 'application.update', after, {
      before: { name, type, status, expires_at },
      after: change,
    })
    return after
  })
}

/** A new secret; the old one ends at once. */
export function rotateSecret(db: Database, caller: Caller, id: number): Promise<string> {
  return db.withCaller(caller, async (tx: Tx) => {
    const application = await existingApplication(tx, id)
    const secret = newSecret()
    await store.updateApplication(tx, id, { secret_hash: hashSecret(secret) })
    await auditApplication(tx, caller, 'application.rotate', application, {})
    return applicationSecret(id, secret)
  })
}

export function deleteApplication(db: Database, caller: Caller, id: number): Promise<void> {
  return db.withCaller(caller, async (tx: Tx) => {
    const application = await existingApplication(tx, id)
    await store.deleteApplication(tx, id)
    await auditApplication(tx, caller, 'application.delete', application, {})
  })
}

/** @throws Fault 404; the policies show one's own, those of groups one maintains, and all to superusers. */
export async function existingApplication(tx: Tx, id: number): Promise<store.Application> {
  const application = await store.findApplication(tx, id)
  if (application === undefined) {
    throw new Fault('not_found', 'identity.application_missing', 'Application not found')
  }
  return application
}

/** A group whose applications the caller may administer: its maintainers and its owner. */
export async function administeredGroup(tx: Tx, caller: Caller, groupId: number): Promise<void> {
  const group = await visibleGroup(tx, groupId)
  requireLevel(levelIn(caller, group.id), 'maintainer')
}

/**
 * A secret that is stolen must not be able to make itself outlive its loss: applications administer neither
 * applications nor passwords, whatever their type.
 */
export function requirePerson(caller: Caller): void {
  if (caller.by.kind === 'application') {
    throw new Fault(
      'forbidden',
      'identity.person_only',
      'An application cannot do this. Sign in with name and password.',
    )
  }
}

function auditApplication(
  tx: Tx,
  caller: Caller,
  action: string,
  application: store.Application,
  details: Record<string, unknown>,
): Promise<void> {
  const { id, name, group_id } = application
  return audit(tx, caller, { action, groupId: group_id, objectId: id, objectName: name, details })
}
