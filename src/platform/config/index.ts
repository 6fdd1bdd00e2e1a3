/** Settings, each with where it came from: flag, environment, crosstie.yaml, default. */
export { type KeptSecrets, keepVaultKeys, keptSecrets } from './kept.ts'
export { type Config, type ConfigSources, loadConfig, publicUrl } from './load.ts'
export {
  environmentNames,
  isSecret,
  type Limit,
  SETTINGS,
  type SettingName,
  type Settings,
} from './settings.ts'
