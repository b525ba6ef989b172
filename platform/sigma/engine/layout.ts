/**
 * Where things stand in the module's memory: read by the planner (TypeScript), which writes tables there, and
 * by the matcher (`assembly/`, AssemblyScript), which reads them. Addresses and sizes are bytes; all numbers
 * are little-endian u32 where nothing else is said.
 */

// Cells that are pointers into the tables or the working space, filled by whoever instantiates.
export const AT_FIELD_HEADS = 1024;
export const AT_VALUES = 1028;
export const AT_ATOMS = 1032;
export const AT_ATOM_STAMPS = 1036;
export const AT_RULE_PROGRAMS = 1040;
export const AT_RULE_STAMPS = 1044;
export const AT_CANDIDATES = 1048;
export const AT_RESULT = 1052;
export const AT_RESULT_END = 1056;
export const AT_GROUPS = 1060;
export const AT_FULL_INDEXES = 1064;
export const AT_FULL_STAMPS = 1068;
export const AT_FOLD_PAGES = 1072;
export const AT_ARENA = 1076;
export const AT_ARENA_END = 1080;
export const AT_NODES = 1084;
export const AT_NODE_SLOTS = 1088;
export const AT_KEYS = 1092;
export const AT_KEYS_END = 1096;
export const AT_STACK = 1100;
export const AT_ROUTE_FIELDS = 1104;
export const AT_ROUTE_SLOTS = 1108;
export const AT_ROUTE_KEYS = 1112;
export const AT_ROUTE_KEYS_END = 1116;
export const AT_COUNTS = 1120;
export const AT_PLACES = 1124;
export const AT_PAIRS_DONE = 1128;
export const AT_ALIASES = 1132;

// Numbers.
export const N_RULES = 1136;
export const N_FIELDS = 1140;
export const N_ATOMS = 1144;
export const HASH_SEED = 1148;
export const BUDGET_BASE = 1152;
export const BUDGET_PER_BYTE = 1156;
export const AT_JOINS = 1160;

// State of the event at hand; hosts read it in their callbacks.
export const EPOCH = 1168;
export const VALUE_COUNT = 1172;
/** i32: what is left of the event's budget; below zero it is spent. */
export const WORK = 1176;
export const NODE_COUNT = 1180;
export const KEYS_TOP = 1184;
export const ARENA_TOP = 1188;
export const OBJECT_COUNT = 1192;
export const STRING_FLAGS = 1196;
export const CANDIDATE_COUNT = 1200;
export const NEXT_LINE = 1204;
export const LINE_COUNT = 1208;
export const RESULT_TOP = 1212;
export const ROUTE_COUNT = 1216;
export const ROUTE_KEYS_TOP = 1220;
export const CANDIDATES_SEEN = 1224;
export const EVENTS_SEEN = 1228;
export const NUMBER_FLAGS = 1232;
/** How many rules stand after the room for the head of the result to come. */
export const RULES_FOUND = 1236;
/** Not zero when texts of the line may hold ASCII that the line itself does not. */
export const LINE_IS_CODED = 1240;
/** Number of the search of a long text, for `AT_PAIRS_DONE`: the last in which all texts of a bucket were found. */
export const SEARCH = 1244;

/** Tables begin here. */
export const TABLES = 2048;

// A value: one leaf of the event.
export const VALUE_BYTES = 32;
export const V_RAW = 0;
export const V_RAW_END = 4;
export const V_FLAGS = 8;
export const V_FOLDED = 12;
export const V_FOLDED_END = 16;
export const V_TEXT = 20;
export const V_TEXT_END = 24;
export const V_NEXT = 28;

export const HAS_ESCAPE = 1;
export const HAS_NON_ASCII = 2;
export const IS_NULL = 4;
/** A number whose text, as JavaScript writes it, is not what stands in the JSON. */
export const IS_ODD_NUMBER = 8;
export const IS_STRING = 16;

// A field of the event: epoch in which it was seen, number of its newest value (from 1).
export const FIELD_HEAD_BYTES = 8;

// A place in the source's JSON: a name inside another place.
export const NODE_BYTES = 32;
export const NODE_PARENT = 0;
export const NODE_HASH = 4;
export const NODE_KEY = 8;
export const NODE_KEY_BYTES = 12;
export const NODE_FIELD = 16;
export const NODE_OBJECT = 20;
/** Number of the node whose name came after this one last time: sources write their names in one order. */
export const NODE_AFTER = 24;
export const NODES_MAX = 16384;
export const NODE_SLOTS = 32768;
export const KEY_BYTES_MAX = 1024;
export const KEYS_BYTES = 1048576;
/** A node that stands for no field that a rule asks for. */
export const NO_FIELD = 0xffffffff;
export const ROOT_OF_SOURCE = 1;
export const ROOT_OF_VIEW = 2;

export const DEPTH_MAX_WHOLE = 32;
export const LEAVES_MAX_WHOLE = 4096;

// An atom: one predicate.
export const ATOM_BYTES = 16;
export const ATOM_OP = 0;
export const ATOM_FIELD = 4;
export const ATOM_TEXT = 8;
export const ATOM_TEXT_BYTES = 12;

export const OP_CONTAINS = 0;
export const OP_STARTS = 1;
export const OP_ENDS = 2;
export const OP_EQUALS = 3;
/** Added to the four above for texts whose case counts. */
export const OP_CASED = 4;
export const OP_EXISTS = 8;
export const OP_NULL = 9;
export const OP_LENGTH = 10;
export const OP_HOST = 11;
/** A run of so many characters of a class, whose 128 bits stand where other atoms have their text. */
export const OP_RUN = 12;
/** Any value of the field against any of another, whose number and anchor stand in the text's place and length. */
export const OP_FIELD = 13;
/** The same where case counts. */
export const OP_FIELD_CASED = 14;
/** Texts in their order, with anything between them: a list, each with its anchor (0, `OP_STARTS`, `OP_ENDS`). */
export const OP_SEQUENCE = 15;
/** The same where case counts. */
export const OP_SEQUENCE_CASED = 16;

// Conditions: the first word is kind and number of children; a child is an atom (odd) or a condition's address.
export const COND_AND = 0;
export const COND_OR = 1;
export const COND_NOT = 2;
export const COND_TRUE = 3;
export const COND_FALSE = 4;

// An index: which of many texts are in, before, after or equal to one. Zero where there are none of a kind.
export const INDEX_BYTES = 72;
export const I_GRAM_BITS = 0;
export const I_GRAM_SHIFT = 4;
export const I_GRAM_BUCKETS = 8;
export const I_GRAM_MASK = 12;
export const I_END8 = 16;
export const I_END8_SHIFT = 20;
export const I_END4 = 24;
export const I_END4_SHIFT = 28;
export const I_START4 = 32;
export const I_START4_SHIFT = 36;
export const I_ANCHORED_SHORT = 40;
export const I_PAIR_BITS = 44;
export const I_PAIR_BUCKETS = 48;
export const I_PRESENT = 52;
export const I_ABSENT = 56;
/**
 * Eight tables of sixteen bytes: for each of four bytes in a row, by its low and by its high half, the sets of
 * grams (a bit each) that may be there. Only where every text of the index has a gram that stands in the JSON
 * as it stands in the text.
 */
export const I_SIFT = 60;
/** Every text of the index by its atom, with the rules that wait for it: a list of pairs. Zero in full indexes. */
export const I_WAITING = 64;

/** Buckets of short texts: by their last two bytes, then one for each last byte, for texts of one byte. */
export const PAIR_SLOTS = 2048;
export const PAIR_SHIFT = 21;

/** Places of a long text that are looked at together: addresses of those where something may be. */
export const PLACES_BLOCK = 2048;

// An entry of an index.
export const ENTRY_BYTES = 32;
export const E_GRAM = 0;
export const E_TEXT = 4;
export const E_TEXT_BYTES = 8;
/** Where in the text the gram is, with `E_PLACE_AFTER` where what is beside follows it; for anchored entries, the operation. */
export const E_PLACE = 12;
export const E_PLACE_AFTER = 0x40000000;
export const E_ATOM = 16;
/** List of rules: how many, then their numbers; zero in full indexes. */
export const E_RULES = 20;
/** Up to four bytes before or after the gram, and which of them are the text's. */
export const E_BESIDE = 24;
export const E_BESIDE_MASK = 28;

// A group: the rules that look at one kind of event.
export const GROUP_BYTES = 16;
export const G_FIELDS = 0;
export const G_KEYWORDS = 4;
export const G_ALWAYS = 8;

// Memory of routes: hash, address and length of the key, group.
export const ROUTE_SLOT_BYTES = 16;
export const ROUTE_SLOTS = 4096;
export const ROUTES_MAX = 2048;
export const ROUTE_KEYS_BYTES = 262144;

// A line's result: line, status, address of the line, its end, number of rules, route, rules.
export const RESULT_HEAD_WORDS = 6;
/** A route: the group in the low bits, above them the host's number for who of the group looks. */
export const ROUTE_GROUP_BITS = 16;
export const STATUS_WHOLE = 0;
export const STATUS_INCOMPLETE = 1;
export const STATUS_MALFORMED = 2;
/** Duplicate names, too deep, too large, too many names: the host flattens it and hands it in again. */
export const STATUS_ODD = 3;

/** Multiplier of every hash: 2^32 over the golden ratio. */
export const GOLDEN = 0x9e3779b1;
/** Mixes the first half of eight bytes with the second. */
export const MIX = 0x85ebca6b;

/** Room after the input and after texts for loads of sixteen bytes. */
export const PADDING = 64;
