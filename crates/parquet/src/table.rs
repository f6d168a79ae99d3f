//! One Parquet file: rows in, row groups out.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use sandbox_model::Usd;

/// Rows of a row group: what is held in memory, some ten megabytes.
const GROUP: usize = 65_536;

/// What a column holds; every one may be empty.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    /// Counts, tokens and nanoseconds.
    Whole,
    Truth,
    /// Dollars, exact: DECIMAL(38, 12).
    Money,
    Share,
}

impl Kind {
    const fn schema(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("BYTE_ARRAY", " (STRING)"),
            Self::Whole => ("INT64", ""),
            Self::Truth => ("BOOLEAN", ""),
            Self::Money => ("FIXED_LEN_BYTE_ARRAY (16)", " (DECIMAL(38, 12))"),
            Self::Share => ("DOUBLE", ""),
        }
    }
}

/// Values of a column that are not written yet: those that are there, and for each row whether it has one.
struct Values<T> {
    values: Vec<T>,
    there: Vec<i16>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self { values: Vec::new(), there: Vec::new() }
    }
}

impl<T> Values<T> {
    fn push(&mut self, value: Option<T>) {
        self.there.push(i16::from(value.is_some()));
        self.values.extend(value);
    }

    fn write<D: DataType<T = T>, W: Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        if let Some(mut column) = group.next_column()? {
            column.typed::<D>().write_batch(&self.values, Some(&self.there), None)?;
            column.close()?;
        }
        self.values.clear();
        self.there.clear();
        Ok(())
    }
}

enum Column {
    Text(Values<ByteArray>),
    Whole(Values<i64>),
    Truth(Values<bool>),
    Money(Values<FixedLenByteArray>),
    Share(Values<f64>),
}

impl Column {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Values::default()),
            Kind::Whole => Self::Whole(Values::default()),
            Kind::Truth => Self::Truth(Values::default()),
            Kind::Money => Self::Money(Values::default()),
            Kind::Share => Self::Share(Values::default()),
        }
    }
}

/// A cell. Its kind is that of its column: anything else is a bug, and ends the file with an error.
pub(crate) enum Cell {
    Text(Option<ByteArray>),
    Whole(Option<i64>),
    Truth(Option<bool>),
    Money(Option<Usd>),
    Share(Option<f64>),
}

/// A file while it is being written; the first error ends all writing.
pub(crate) struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Column>,
    rows: usize,
    failed: Option<io::Error>,
}

impl<W: Write + Send> Table<W> {
    pub(crate) fn new(out: W, name: &str, columns: &[(String, Kind)]) -> io::Result<Self> {
        let mut schema = format!("message {name} {{\n");
        for (index, (_, kind)) in columns.iter().enumerate() {
            let (physical, logical) = kind.schema();
            // Names may hold what the schema's text cannot: they are put in below.
            schema.push_str(&format!("optional {physical} c{index}{logical};\n"));
        }
        schema.push('}');
        let schema = renamed(&parse_message_type(&schema)?, columns)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("sandbox-parquet version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        Ok(Self {
            file: SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?,
            columns: columns.iter().map(|(_, kind)| Column::new(*kind)).collect(),
            rows: 0,
            failed: None,
        })
    }

    /// Adds a row: a cell for each column, in order.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.row_of(cells.into_iter());
    }

    pub(crate) fn row_of(&mut self, cells: impl ExactSizeIterator<Item = Cell>) {
        if self.failed.is_some() {
            return;
        }
        let mut fits = cells.len() == self.columns.len();
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            match (column, cell) {
                (Column::Text(column), Cell::Text(value)) => column.push(value),
                (Column::Whole(column), Cell::Whole(value)) => column.push(value),
                (Column::Truth(column), Cell::Truth(value)) => column.push(value),
                (Column::Money(column), Cell::Money(value)) => {
                    column.push(value.map(|usd| ByteArray::from(usd.pico().to_be_bytes().to_vec()).into()));
                }
                (Column::Share(column), Cell::Share(value)) => column.push(value),
                _ => fits = false,
            }
        }
        self.rows += 1;
        if !fits {
            self.failed = Some(io::Error::other("a row does not fit its table"));
        } else if self.rows == GROUP {
            self.failed = self.write_group().err();
        }
    }

    fn write_group(&mut self) -> io::Result<()> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            match column {
                Column::Text(values) => values.write::<ByteArrayType, W>(&mut group)?,
                Column::Whole(values) => values.write::<Int64Type, W>(&mut group)?,
                Column::Truth(values) => values.write::<BoolType, W>(&mut group)?,
                Column::Money(values) => values.write::<FixedLenByteArrayType, W>(&mut group)?,
                Column::Share(values) => values.write::<DoubleType, W>(&mut group)?,
            }
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    /// Ends the file, with what is to be known of it.
    pub(crate) fn finish(mut self, about: &[(&str, String)]) -> io::Result<W> {
        if self.failed.is_none() && self.rows > 0 {
            self.failed = self.write_group().err();
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        for (key, value) in about {
            self.file.append_key_value_metadata(KeyValue::new((*key).to_owned(), value.clone()));
        }
        Ok(self.file.into_inner()?)
    }
}

/// The schema with the names of its columns.
fn renamed(
    schema: &parquet::schema::types::Type,
    columns: &[(String, Kind)],
) -> Result<parquet::schema::types::Type, ParquetError> {
    use parquet::schema::types::Type;
    let mut fields = Vec::new();
    for (field, (name, _)) in schema.get_fields().iter().zip(columns) {
        let info = field.get_basic_info();
        let mut builder = Type::primitive_type_builder(name, field.get_physical_type())
            .with_repetition(info.repetition())
            .with_logical_type(info.logical_type_ref().cloned())
            .with_converted_type(info.converted_type());
        if let Type::PrimitiveType { type_length, precision, scale, .. } = **field {
            builder = builder.with_length(type_length).with_precision(precision).with_scale(scale);
        }
        fields.push(Arc::new(builder.build()?));
    }
    Type::group_type_builder(schema.name()).with_fields(fields).build()
}
