import Yams
import NIOSSL
import Hummingbird
enum HTTPFrontEndPlaceholder {}
