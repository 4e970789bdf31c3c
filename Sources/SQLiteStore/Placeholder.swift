import GRDB
enum SQLiteStorePlaceholder {}
