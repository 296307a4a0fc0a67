"""Reads a workbook of ours with openpyxl and prints a line per cell: sheet, cell, type, value, format."""
import sys

import openpyxl

for sheet in openpyxl.load_workbook(sys.argv[1]):
    print(f"{sheet.title}|sheet|{sheet.freeze_panes}|{sheet.auto_filter.ref}|{sheet.dimensions}")
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                print(f"{sheet.title}|{cell.coordinate}|{cell.data_type}|{cell.value!r}|{cell.number_format}")
